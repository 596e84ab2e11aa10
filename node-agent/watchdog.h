#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace ecokube::agent {

/// Tells the service manager that we are ready, and then that we live (sd_notify(3),
/// sd_watchdog_enabled(3)): only a service of type notify hears it.
boost::asio::awaitable<void> keep_watchdog(boost::asio::any_io_executor executor);

}  // namespace ecokube::agent
