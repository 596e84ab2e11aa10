#pragma once

#include <string>

#include "common/policy_clock.h"

namespace ecokube {

/// "40 min", for people: whole days, hours, minutes or seconds, the largest of which there are two.
[[nodiscard]] std::string span_text(Duration time);
/// "ends in 2 h", or once it has come "ended 3 days ago".
[[nodiscard]] std::string end_text(TimePoint end, TimePoint now);

}  // namespace ecokube
