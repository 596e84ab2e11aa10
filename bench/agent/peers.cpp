#include "bench/agent/peers.h"

#include <fmt/format.h>

#include <chrono>

namespace ecokube::bench {

namespace asio = boost::asio;

namespace {

/// One that hangs may not hold up the run for long.
constexpr std::chrono::seconds kAnswerLimit{5};

}  // namespace

void Peers::start(Peer peer) {
  auto done = programs_.start(peer.name, peer.argv, peer.environment);
  if (!done) return leave_out(peer.name, std::move(done.error().message));
  HttpEndpoint at;
  at.host = "127.0.0.1";
  at.port = peer.port;
  HttpLimits limits;
  limits.response_timeout = kAnswerLimit;
  started_.push_back({std::move(peer), make_http_client(executor_, std::move(at), limits)});
}

asio::awaitable<Result<void>> Peers::ask(Started& one) {
  HttpRequest metrics;
  metrics.target = "/metrics";
  auto answer = co_await one.client->request(std::move(metrics));
  if (!answer) co_return fail_while("scraping " + one.peer.name, std::move(answer.error()));
  // At the start of a line: the same name behind "# HELP" comes without a value too.
  if (answer->status != 200 || answer->body.find("\n" + one.peer.energy) == std::string::npos) {
    co_return fail(Errc::protocol, fmt::format("{} tells no {}", one.peer.name, one.peer.energy));
  }
  one.tells = true;
  co_return Result<void>{};
}

asio::awaitable<bool> Peers::all_tell() {
  bool all = true;
  for (auto& one : started_) {
    if (one.tells || !programs_.runs(one.peer.name)) continue;
    if (auto done = co_await ask(one); !done) all = false;
  }
  co_return all;
}

void Peers::leave_out_silent() {
  std::erase_if(started_, [this](const Started& one) {
    auto runs = programs_.runs(one.peer.name);
    if (one.tells && runs) return false;
    leave_out(one.peer.name, runs ? "it never told " + one.peer.energy : runs.error().message);
    programs_.drop(one.peer.name);
    return true;
  });
}

asio::awaitable<Result<void>> Peers::scrape() {
  for (auto& one : started_) {
    if (auto done = co_await ask(one); !done) co_return done;
  }
  co_return Result<void>{};
}

std::vector<std::string> Peers::names() const {
  std::vector<std::string> names;
  for (const auto& one : started_) names.push_back(one.peer.name);
  return names;
}

}  // namespace ecokube::bench
