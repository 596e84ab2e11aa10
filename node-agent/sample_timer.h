#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/error.h"

namespace ecokube::agent {

/// The first multiple of `interval` after `now`.
[[nodiscard]] constexpr std::chrono::nanoseconds next_multiple(std::chrono::nanoseconds now,
                                                               std::chrono::nanoseconds interval) {
  return (now / interval + 1) * interval;
}

/// Calls back at each multiple of an interval of CLOCK_BOOTTIME, so that samples do not drift and
/// agents of one interval wake with other timers of theirs. Ticks that were missed, because the
/// machine slept or was busy, are one. Allocates nothing once it runs.
class SampleTimer {
 public:
  using Tick = std::function<void()>;

  /// Errc::io when the kernel gives no timer.
  [[nodiscard]] static Result<std::unique_ptr<SampleTimer>> make(
      const boost::asio::any_io_executor& executor, std::chrono::milliseconds interval, Tick tick);

  SampleTimer(const boost::asio::any_io_executor& executor, int fd, Tick tick);
  void start();
  void stop();

 private:
  void wait();

  boost::asio::posix::stream_descriptor timer_;
  Tick tick_;
  bool stopped_ = false;
};

}  // namespace ecokube::agent
