#include "bench/reaction/step_ear.h"

#include <boost/json/parse.hpp>
#include <utility>

#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::bench {

namespace {

constexpr std::string_view kData = "data: ";

}  // namespace

StepEar::StepEar(const boost::asio::any_io_executor& executor, HttpEndpoint coordinator)
    : http_(make_http_client(executor, std::move(coordinator))) {}

boost::asio::awaitable<void> StepEar::run() {
  HttpRequest request;
  request.target = "/api/v1/events";
  HttpClient::OnBytes on_bytes = [this](std::string_view bytes) {
    partial_ += bytes;
    for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
      take(std::string_view(partial_).substr(0, end));
      partial_.erase(0, end + 1);
    }
    return true;
  };
  const auto ended = co_await http_->stream(std::move(request), std::move(on_bytes));
  if (!ended) log::debug("the coordinator's events ended: {}", ended.error().message);
}

void StepEar::take(std::string_view line) {
  const auto now = Clock::now();
  if (!line.starts_with(kData)) return;
  boost::system::error_code broken;
  const auto event = boost::json::parse(line.substr(kData.size()), broken);
  if (broken || !event.is_object()) return;
  const auto& fields = event.get_object();
  const bool begun = kubernetes::find_text(fields, {"kind"}) == "step" &&
                     kubernetes::find_text(fields, {"verb"}) == "mark";
  if (begun) marks_begun.try_emplace(std::string(kubernetes::find_text(fields, {"subject"})), now);
}

}  // namespace ecokube::bench
