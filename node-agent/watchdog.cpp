#include "node-agent/watchdog.h"

#include <systemd/sd-daemon.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>

#include "common/asio_tuple.h"

namespace ecokube::agent {

namespace asio = boost::asio;

asio::awaitable<void> keep_watchdog(asio::any_io_executor executor) {
  ::sd_notify(0, "READY=1");
  std::uint64_t limit_us = 0;
  if (::sd_watchdog_enabled(0, &limit_us) <= 0) co_return;
  asio::steady_timer timer(executor);
  for (;;) {
    ::sd_notify(0, "WATCHDOG=1");
    timer.expires_after(std::chrono::microseconds(limit_us / 3));
    co_await timer.async_wait(kTuple);
  }
}

}  // namespace ecokube::agent
