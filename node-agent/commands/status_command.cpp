#include "node-agent/commands/status_command.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <exception>
#include <iostream>
#include <optional>

#include "common/http_client.h"
#include "node-agent/config.h"
#include "node-agent/local/status.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

std::filesystem::path socket_of(const StatusCommand& command) {
  if (!command.socket.empty()) return command.socket;
  // A configuration that can't be read is no reason not to ask at the usual place.
  const auto config = read_config(command.config);
  return config ? config->local_socket : std::filesystem::path(kLocalSocket);
}

asio::awaitable<Result<HttpResponse>> ask(HttpClient& client) {
  HttpRequest request;
  request.target = "/status";
  co_return co_await client.request(std::move(request));
}

Result<HttpResponse> fetch(const std::filesystem::path& socket) {
  asio::io_context io(1);
  HttpEndpoint endpoint;
  endpoint.unix_path = socket;
  const auto client = make_http_client(io.get_executor(), endpoint);
  std::optional<Result<HttpResponse>> answer;
  asio::co_spawn(io, ask(*client),
                 [&](const std::exception_ptr& error, Result<HttpResponse> response) {
                   if (error) std::rethrow_exception(error);
                   answer = std::move(response);
                   io.stop();
                 });
  io.run();
  if (!answer) return fail(Errc::unreachable, "no answer");
  return std::move(*answer);
}

bool is_connected(const json::object& status) {
  const auto* links = status.if_contains("links");
  if (links == nullptr || !links->is_array()) return false;
  for (const auto& link : links->get_array()) {
    if (link.is_object() && link.get_object().contains("coordinator") &&
        link.get_object().at("coordinator").is_string()) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<int> run_status(const StatusCommand& command) {
  const auto socket = socket_of(command);
  const auto answer = fetch(socket);
  if (!answer) {
    return fail(answer.error().code, "no agent answers at " + socket.string() + " (" +
                                         answer.error().message +
                                         "); is it running, and are you root or of its group?");
  }
  boost::system::error_code error;
  const auto document = json::parse(answer->body, error);
  if (error || answer->status != 200 || !document.is_object()) {
    return fail(Errc::protocol, "what answers at " + socket.string() + " is no agent");
  }
  const auto& status = document.get_object();
  if (command.json) {
    std::cout << json::serialize(status) << '\n';
  } else {
    const auto text = status_text(status);
    if (!text) return std::unexpected(text.error());
    std::cout << *text;
  }
  return is_connected(status) ? 0 : 1;
}

}  // namespace ecokube::agent
