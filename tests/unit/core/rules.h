#pragma once

#include <string>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

namespace ecokube::core::test {

/// The safety rules said a second time, from the design and not from safety.cpp: those that this
/// step breaks in this World.
[[nodiscard]] std::vector<std::string> broken_rules(const World& world, const Policy& policy,
                                                    const Step& step, TimePoint now);

}  // namespace ecokube::core::test
