#include "node-agent/link/look_up.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <string>

#include "common/asio_tuple.h"

namespace ecokube::agent {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<Result<std::vector<tcp::endpoint>>> look_up(asio::any_io_executor executor,
                                                            HostPort where,
                                                            asio::steady_timer& limit) {
  std::vector<tcp::endpoint> endpoints;
  boost::system::error_code no_address;
  if (const auto ip = asio::ip::make_address(where.host, no_address); !no_address) {
    endpoints.emplace_back(ip, where.port);
    co_return endpoints;
  }
  const std::string port = std::to_string(where.port);
  tcp::resolver resolver(executor);
  auto resolved =
      co_await (resolver.async_resolve(where.host, port, kTuple) || limit.async_wait(kTuple));
  if (resolved.index() == 1) {
    co_return fail(Errc::timeout, "looking up " + where.text() + ": time out");
  }
  const auto& [error, found] = std::get<0>(resolved);
  if (error) {
    co_return fail(Errc::unreachable, "looking up " + where.text() + ": " + error.message());
  }
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  co_return endpoints;
}

asio::awaitable<Result<tcp::socket>> connect_to(asio::any_io_executor executor, std::string address,
                                                asio::steady_timer& limit) {
  const auto where = parse_host_port(address);
  if (!where) co_return std::unexpected(where.error());
  auto endpoints = co_await look_up(executor, *where, limit);
  if (!endpoints) co_return std::unexpected(std::move(endpoints.error()));
  tcp::socket socket(executor);
  auto connected =
      co_await (asio::async_connect(socket, *endpoints, kTuple) || limit.async_wait(kTuple));
  if (connected.index() == 1) {
    co_return fail(Errc::timeout, "connecting to " + address + ": time out");
  }
  const auto error = std::get<0>(std::get<0>(connected));
  if (error) co_return fail(Errc::unreachable, "connecting to " + address + ": " + error.message());
  co_return Result<tcp::socket>(std::move(socket));
}

}  // namespace ecokube::agent
