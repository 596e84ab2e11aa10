#pragma once

#include <string>

#include "common/policy_clock.h"

namespace ecokube {

/// "40 min", for people: whole days, hours, minutes or seconds, the largest of which there are two.
[[nodiscard]] std::string span_text(Duration time);

}  // namespace ecokube
