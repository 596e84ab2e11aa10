#include "node-agent/wake/rtc_waking.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "common/helper_call.h"
#include "common/log.h"
#include "node-agent/sensors/firmware.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

std::int64_t seconds_since_epoch(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

TimePoint rtc_alarm_time(TimePoint now, std::chrono::hours longest,
                         const std::vector<Validity>& certificates) {
  // Nobody sleeps for less: an alarm that rings on the way down is lost.
  constexpr std::chrono::minutes kShortest{10};
  TimePoint at = now + longest;
  for (const auto& certificate : certificates) at = std::min(at, awake_by(certificate));
  return std::max(at, now + kShortest);
}

RtcWaking::RtcWaking(asio::any_io_executor executor, RtcWakingOptions options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

bool RtcWaking::able() const {
  std::error_code ignored;
  return std::filesystem::exists(rtc_alarm_file(options_.sysfs), ignored);
}

asio::awaitable<Result<RtcAnswer>> RtcWaking::ask(std::string question) {
  auto line = co_await ask_helper(executor_, options_.socket, std::move(question), options_.limit);
  if (line) co_return parse_rtc_answer(*line);
  co_return fail(line.error().code, "ecokube-rtc-alarm can't be asked at " +
                                        options_.socket.string() + ": " + line.error().message +
                                        "; run: systemctl enable --now ecokube-rtc-alarm.socket");
}

asio::awaitable<Result<RtcAnswer>> RtcWaking::look() { co_return co_await ask("status"); }

asio::awaitable<void> RtcWaking::set() {
  if (!wanted() || !able() || options_.socket.empty()) co_return;
  const auto at = rtc_alarm_time(options_.now(), options_.longest, options_.certificates());
  auto question = "set " + std::to_string(seconds_since_epoch(at));
  const auto answer = co_await ask(std::move(question));
  const auto why = answer ? answer->problem : answer.error().message;
  if (why.empty() && answer->alarm_s) {
    log::info("the hardware clock wakes this machine at={} wanted={}", *answer->alarm_s,
              seconds_since_epoch(at));
  } else {
    log::warn("the hardware clock will not wake this machine why=\"{}\"", why);
  }
}

}  // namespace ecokube::agent
