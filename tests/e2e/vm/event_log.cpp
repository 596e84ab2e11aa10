#include "tests/e2e/vm/event_log.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <utility>

#include "common/event_reader.h"
#include "common/json_find.h"
#include "common/log.h"

namespace ecokube::test {
namespace {

namespace asio = boost::asio;

/// The client lives as long as its stream.
asio::awaitable<void> read_events(std::shared_ptr<HttpClient> api, HttpClient::OnBytes on_bytes) {
  HttpRequest request;
  request.target = "/api/v1/events";
  request.headers.emplace_back("Last-Event-ID", "0");
  const auto ended = co_await api->stream(std::move(request), std::move(on_bytes));
  if (!ended) log::info("the event stream ended why=\"{}\"", ended.error().message);
}

}  // namespace

EventLog::EventLog(asio::io_context& io, HttpEndpoint api) {
  EventReader reader([events = events_](std::string_view data) {
    events->push_back(boost::json::parse(data).as_object());
    return true;
  });
  HttpClient::OnBytes on_bytes = [reader = std::move(reader)](std::string_view bytes) mutable {
    return reader.take(bytes);
  };
  asio::co_spawn(
      io, read_events(make_http_client(io.get_executor(), std::move(api)), std::move(on_bytes)),
      log::thrown("the event stream threw"));
}

std::optional<std::size_t> EventLog::find_event(std::size_t from, std::string_view node,
                                                std::string_view kind,
                                                std::string_view what) const {
  for (std::size_t i = from; i < events().size(); ++i) {
    const auto& event = events()[i];
    if (find_text(event, {"subject"}) != node || find_text(event, {"kind"}) != kind) continue;
    const bool is_state = kind == "state";
    const auto said = is_state ? find_text(event, {"reason", "code"}) : find_text(event, {"verb"});
    if (said == what) return i;
  }
  return std::nullopt;
}

std::string EventLog::text() const {
  std::string text;
  for (const auto& event : events()) {
    text += fmt::format("{} {} {} {}: {}\n", find_text(event, {"at"}), find_text(event, {"kind"}),
                        find_text(event, {"subject"}), find_text(event, {"verb"}),
                        find_text(event, {"text"}));
  }
  return text;
}

}  // namespace ecokube::test
