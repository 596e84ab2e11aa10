#include "node-agent/sample_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/boot_clock.h"

namespace ecokube::agent {
namespace {

timespec to_timespec(std::chrono::nanoseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {static_cast<time_t>(whole.count()), static_cast<long>((time - whole).count())};
}

std::unexpected<Error> no_timer() {
  return fail(Errc::io, std::string("the kernel gives no timer: ") + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<SampleTimer>> SampleTimer::make(const boost::asio::any_io_executor& executor,
                                                       std::chrono::milliseconds interval,
                                                       Tick tick) {
  const int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return no_timer();
  const std::chrono::nanoseconds step = interval;
  itimerspec times{};
  times.it_interval = to_timespec(step);
  times.it_value = to_timespec(next_multiple(boottime_now(), step));
  if (::timerfd_settime(fd, TFD_TIMER_ABSTIME, &times, nullptr) != 0) {
    auto failed = no_timer();
    ::close(fd);
    return failed;
  }
  return std::make_unique<SampleTimer>(executor, fd, std::move(tick));
}

SampleTimer::SampleTimer(const boost::asio::any_io_executor& executor, int fd, Tick tick)
    : timer_(executor, fd), tick_(std::move(tick)) {}

void SampleTimer::start() { wait(); }

void SampleTimer::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  timer_.cancel(ignored);
}

void SampleTimer::wait() {
  timer_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (error) return;
                      std::uint64_t ticks = 0;
                      if (::read(timer_.native_handle(), &ticks, sizeof ticks) == sizeof ticks) {
                        tick_();
                      }
                      if (!stopped_) wait();
                    });
}

}  // namespace ecokube::agent
