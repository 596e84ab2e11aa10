#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

#include "common/error.h"
#include "common/validity.h"
#include "node-agent/helpers/rtc_alarm.h"

namespace ecokube::agent {

struct RtcWakingOptions {
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path socket;    ///< of ecokube-rtc-alarm; empty: it is not asked
  std::chrono::hours longest{0};   ///< sleep; 0: no alarm is set
  std::function<TimePoint()> now;  ///< by the wall clock
  std::function<std::vector<Validity>()> certificates;  ///< none may end meanwhile
  std::chrono::milliseconds limit{2000};
};

/// When the clock is to wake a machine that goes to sleep now (S26): after `longest`, and by the
/// time at which it has to be awake for each of its certificates to be renewed.
[[nodiscard]] TimePoint rtc_alarm_time(TimePoint now, std::chrono::hours longest,
                                       const std::vector<Validity>& certificates);

/// Has the hardware clock's alarm set by ecokube-rtc-alarm, so that the machine comes back by
/// itself. What fails is no reason to stay on: a coordinator wakes it all the same.
class RtcWaking {
 public:
  RtcWaking(boost::asio::any_io_executor executor, RtcWakingOptions options);

  /// The clock can wake this machine.
  [[nodiscard]] bool able() const;
  [[nodiscard]] bool wanted() const { return options_.longest.count() > 0; }
  /// Before a power-off: sets the alarm, if it is wanted, and logs what came of it.
  boost::asio::awaitable<void> set();
  /// Asks, and changes nothing.
  boost::asio::awaitable<Result<RtcAnswer>> look();

 private:
  boost::asio::awaitable<Result<RtcAnswer>> ask(std::string question);

  boost::asio::any_io_executor executor_;
  RtcWakingOptions options_;
};

}  // namespace ecokube::agent
