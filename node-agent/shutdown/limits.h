#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"

namespace ecokube::agent {

/// What binds this machine whatever a coordinator says (S20): a file of the machine's owner, which
/// neither a coordinator nor the agent can change.
struct Limits {
  /// Minutes of the day by the machine's local time; from > until goes over midnight.
  struct Hours {
    int from = 0, until = 0;
    bool operator==(const Hours&) const = default;
  };
  bool never_off = false;
  std::optional<std::int64_t> offs_per_day_max;
  std::vector<Hours> allowed_hours;  ///< empty: at any time
  bool operator==(const Limits&) const = default;
};

/// `never_off`, `offs_per_day_max` and `allowed_hours = ["20:00-06:00"]`. No file: no limits. A
/// file that others than `owner` may write, or that is wrong, is an error: then nothing may go off.
[[nodiscard]] Result<Limits> read_limits(const std::filesystem::path& file, uid_t owner = 0);

/// Why they forbid a power-off now, in words; empty: they do not. `offs` and `now` are in seconds
/// since the epoch, `minute_of_day` is local.
[[nodiscard]] std::string limit_reached(const Limits& limits, const std::vector<std::int64_t>& offs,
                                        std::int64_t now, int minute_of_day);

}  // namespace ecokube::agent
