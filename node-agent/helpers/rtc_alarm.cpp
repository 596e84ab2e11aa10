#include "node-agent/helpers/rtc_alarm.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "common/answer_line.h"
#include "node-agent/sensors/firmware.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kAlarm = "alarm";
constexpr std::string_view kNone = "none";

std::optional<std::int64_t> seconds_of(std::string_view text) {
  constexpr std::uint64_t kSane = 1ULL << 40;
  const auto number = parse_number(text);
  if (!number || *number > kSane) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

/// The alarm that is still to come; one that has rung may be left in the file.
std::optional<std::int64_t> read_alarm(const fs::path& file, std::int64_t now_s) {
  const auto alarm = seconds_of(read_small_file(file).text);
  return alarm && *alarm > now_s ? alarm : std::nullopt;
}

/// Why an alarm would ring at a wrong time, or never; empty: it would not.
std::string wrong_clock(const fs::path& sysfs, std::int64_t now_s) {
  constexpr std::int64_t kHour = 3600;
  constexpr std::int64_t kOffMaxS = 26 * kHour;  // one that shows local time is right enough
  const auto clock = sysfs / "class/rtc/rtc0";
  if (read_small_file(clock / "device/power/wakeup").text == "disabled") {
    return "the clock may not wake the machine; write \"enabled\" to "
           "/sys/class/rtc/rtc0/device/power/wakeup";
  }
  const auto shown = seconds_of(read_small_file(clock / "since_epoch").text);
  if (!shown || std::abs(*shown - now_s) <= kOffMaxS) return {};
  return "the hardware clock is off by " + std::to_string(std::abs(*shown - now_s) / kHour) +
         " hours; run: hwclock --systohc";
}

// A clock that has a date but no month in its alarm refuses what is further than a month.
std::string refused(int error, std::int64_t ahead_s) {
  constexpr std::int64_t kDay = 24L * 3600;
  return "the clock refuses an alarm in " + std::to_string(ahead_s / kDay) +
         " days: " + std::strerror(error) + "; try a smaller rtc_alarm_days";
}

void set(RtcAnswer& answer, const fs::path& file, std::int64_t wanted_s, std::int64_t now_s) {
  constexpr std::int64_t kRoundedS = 60;  // some clocks know minutes only
  const auto before = answer.alarm_s;
  if (before && *before <= wanted_s) return;
  // The kernel sets none over another (EBUSY).
  int error = write_small_file(file, "0\n");
  if (error == 0) error = write_small_file(file, std::to_string(wanted_s) + "\n");
  answer.alarm_s = read_alarm(file, now_s);
  const bool kept = answer.alarm_s && std::abs(*answer.alarm_s - wanted_s) <= kRoundedS;
  if (error == 0 && kept) return;
  answer.problem = error != 0 ? refused(error, wanted_s - now_s)
                              : "the clock took the alarm and does not keep it; see the firmware "
                                "(BIOS setup) for \"wake by RTC alarm\"";
  if (!before) return;
  (void)write_small_file(file, std::to_string(*before) + "\n");
  answer.alarm_s = read_alarm(file, now_s);
}

}  // namespace

Result<RtcQuestion> parse_rtc_question(std::string_view line) {
  constexpr std::string_view kSet = "set ";
  if (line == "status") return RtcQuestion{};
  const auto seconds = line.starts_with(kSet) ? seconds_of(line.substr(kSet.size())) : std::nullopt;
  if (!seconds) return fail(Errc::invalid, "ask \"set SECONDS\" or \"status\"");
  return RtcQuestion{seconds};
}

std::string to_line(const RtcAnswer& answer) {
  std::string facts;
  if (answer.able) {
    facts = std::string(kAlarm) + "=" +
            (answer.alarm_s ? std::to_string(*answer.alarm_s) : std::string(kNone));
  }
  return answer_line(std::move(facts), answer.problem);
}

Result<RtcAnswer> parse_rtc_answer(std::string_view line) {
  const auto none = fail(Errc::protocol, "the answer is none of ecokube-rtc-alarm's");
  RtcAnswer answer;
  if (const auto value = take_value(line, kAlarm)) {
    answer.able = true;
    answer.alarm_s = seconds_of(*value);
    if (!answer.alarm_s && *value != kNone) return none;
  }
  auto problem = problem_of_line(line);
  if (!problem || (!answer.able && problem->empty())) return none;
  answer.problem = std::move(*problem);
  return answer;
}

RtcAnswer answer_of(const RtcQuestion& question, const fs::path& sysfs, std::int64_t now_s) {
  RtcAnswer answer;
  const auto file = rtc_alarm_file(sysfs);
  std::error_code missing;
  if (!fs::exists(file, missing)) {
    answer.problem = "this machine has no clock that could wake it (no wakealarm of rtc0)";
    return answer;
  }
  answer.able = true;
  answer.alarm_s = read_alarm(file, now_s);
  answer.problem = wrong_clock(sysfs, now_s);
  if (!question.set_s || !answer.problem.empty()) return answer;
  if (*question.set_s <= now_s || *question.set_s - now_s > kRtcAlarmMaxS) {
    answer.problem = "the alarm must be at a time of the next 60 days";
    return answer;
  }
  set(answer, file, *question.set_s, now_s);
  return answer;
}

}  // namespace ecokube::agent
