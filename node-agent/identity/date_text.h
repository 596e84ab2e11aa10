#pragma once

#include <string>

#include "common/policy_clock.h"

namespace ecokube::agent {

/// "2026-03-01 12:30 UTC", for people.
[[nodiscard]] std::string date_text(TimePoint at);

}  // namespace ecokube::agent
