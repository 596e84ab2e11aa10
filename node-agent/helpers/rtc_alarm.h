#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::agent {

/// What ecokube-rtc-alarm can be asked, in one line: "set SECONDS" (since the epoch) or "status".
struct RtcQuestion {
  std::optional<std::int64_t> set_s;
  bool operator==(const RtcQuestion&) const = default;
};

/// What it answers, in one line: "alarm=SECONDS" or "alarm=none", and " problem=..." to its end if
/// it is not as asked. Where the clock can't wake the machine: "problem=..." alone.
struct RtcAnswer {
  bool able = false;
  std::optional<std::int64_t> alarm_s;  ///< set in the clock now; seconds since the epoch
  std::string problem;                  ///< what failed, and what to do
  bool operator==(const RtcAnswer&) const = default;
};

/// From now; clocks' alarms go no further than a month or a year.
inline constexpr std::int64_t kRtcAlarmMaxS = 60L * 24 * 3600;

[[nodiscard]] Result<RtcQuestion> parse_rtc_question(std::string_view line);
/// With its end.
[[nodiscard]] std::string to_line(const RtcAnswer& answer);
/// Without its end. protocol: it is no such line.
[[nodiscard]] Result<RtcAnswer> parse_rtc_answer(std::string_view line);

/// Sets the alarm of rtc0 and reads it back. One that somebody set for an earlier time, still to
/// come, stays. `now_s` is the wall clock's.
[[nodiscard]] RtcAnswer answer_of(const RtcQuestion& question, const std::filesystem::path& sysfs,
                                  std::int64_t now_s);

}  // namespace ecokube::agent
