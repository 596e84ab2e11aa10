#include "lab/demo/uploads.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "common/backoff.h"
#include "common/http_status.h"
#include "common/log.h"

namespace ecokube::lab {

namespace asio = boost::asio;

Uploads::Uploads(asio::any_io_executor executor, HttpEndpoint service, std::string clip)
    : executor_(executor),
      http_(make_http_client(std::move(executor), std::move(service))),
      clip_(std::move(clip)) {}

asio::awaitable<void> Uploads::run(std::int64_t count, std::chrono::milliseconds pace) {
  asio::steady_timer timer(executor_);
  auto next = std::chrono::steady_clock::now();
  for (std::int64_t i = 0; i < count && !stopping_; ++i) {
    asio::co_spawn(executor_, upload(i), log::thrown("an upload failed"));
    next += pace;
    timer.expires_at(next);
    co_await timer.async_wait(asio::use_awaitable);
  }
  constexpr std::chrono::milliseconds kLook{50};
  while (accepted_ + given_up_ < count && !stopping_) {
    timer.expires_after(kLook);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> Uploads::upload(std::int64_t number) {
  constexpr unsigned kAttempts = 8;
  constexpr std::chrono::milliseconds kBase{200};
  constexpr std::chrono::milliseconds kCap{5000};
  for (unsigned attempt = 1; attempt <= kAttempts && !stopping_; ++attempt) {
    HttpRequest request{.method = "POST", .target = "/upload", .headers = {}, .body = clip_};
    request.headers.emplace_back("Content-Type", "video/x-yuv4mpeg2");
    auto response = co_await http_->request(std::move(request));
    if (response && response->status == kHttpCreated) {
      ++accepted_;
      co_return;
    }
    last_error_ = response
                      ? fmt::format("upload {}: {} {}", number, response->status, response->body)
                      : fmt::format("upload {}: {}", number, response.error().message);
    asio::steady_timer timer(executor_);
    timer.expires_after(
        next_delay(attempt, static_cast<std::uint64_t>(number) * attempt, kBase, kCap));
    co_await timer.async_wait(asio::use_awaitable);
  }
  ++given_up_;
}

}  // namespace ecokube::lab
