#include "bench/reaction/step_ear.h"

#include <boost/json/parse.hpp>
#include <string>
#include <utility>

#include "common/event_reader.h"
#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::bench {

StepEar::StepEar(const boost::asio::any_io_executor& executor, HttpEndpoint coordinator)
    : http_(make_http_client(executor, std::move(coordinator))) {}

boost::asio::awaitable<void> StepEar::run() {
  HttpRequest request;
  request.target = "/api/v1/events";
  EventReader reader([this](std::string_view data) {
    take(data);
    return true;
  });
  HttpClient::OnBytes on_bytes = [&reader](std::string_view bytes) { return reader.take(bytes); };
  const auto ended = co_await http_->stream(std::move(request), std::move(on_bytes));
  if (!ended) log::debug("the coordinator's events ended: {}", ended.error().message);
}

void StepEar::take(std::string_view data) {
  const auto now = Clock::now();
  boost::system::error_code broken;
  const auto event = boost::json::parse(data, broken);
  if (broken || !event.is_object()) return;
  const auto& fields = event.get_object();
  const bool begun = kubernetes::find_text(fields, {"kind"}) == "step" &&
                     kubernetes::find_text(fields, {"verb"}) == "mark";
  if (begun) marks_begun.try_emplace(std::string(kubernetes::find_text(fields, {"subject"})), now);
}

}  // namespace ecokube::bench
