#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/host_port.h"

namespace ecokube::agent {

/// The addresses of a coordinator. A name is asked for on a thread, until `limit` expires: timeout,
/// or unreachable when there is no such name. An address needs no thread.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<boost::asio::ip::tcp::endpoint>>> look_up(
    boost::asio::any_io_executor executor, HostPort where, boost::asio::steady_timer& limit);

/// A connected socket to "host:port", found and connected before `limit` expires: timeout,
/// unreachable, or invalid when that is no address.
[[nodiscard]] boost::asio::awaitable<Result<boost::asio::ip::tcp::socket>> connect_to(
    boost::asio::any_io_executor executor, std::string address, boost::asio::steady_timer& limit);

}  // namespace ecokube::agent
