#include "common/http_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <cstring>

namespace ecokube {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 16UL * 1024;
constexpr std::size_t kDiscardBytesMax = 16UL * 1024 * 1024;
constexpr std::chrono::seconds kDiscardTime{2};

/// Gives the parser what is pending, as far as it takes it.
Result<void> feed_pending(HttpConnection& connection, HttpParser& parser) {
  while (!connection.pending.empty() && !parser.done()) {
    const auto used = parser.feed(connection.pending);
    if (!used) return std::unexpected(used.error());
    if (*used == 0) break;
    connection.pending.erase(0, *used);
  }
  return {};
}

/// Reads once and feeds. 0 bytes: the peer ended.
asio::awaitable<Result<std::size_t>> read_and_feed(HttpConnection& connection, HttpParser& parser,
                                                   ByteStream::Deadline deadline) {
  auto& bytes = connection.scratch;
  bytes.resize(kReadBytes);
  const auto count = co_await connection.stream->read_some(bytes, deadline);
  if (!count) co_return std::unexpected(count.error());
  connection.pending.append(bytes.data(), *count);
  if (auto fed = feed_pending(connection, parser); !fed) co_return std::unexpected(fed.error());
  co_return *count;
}

}  // namespace

asio::awaitable<Result<bool>> read_request_header(HttpConnection& connection, HttpParser& parser) {
  const auto deadline = Clock::now() + connection.limits.header_timeout;
  if (auto fed = feed_pending(connection, parser); !fed) co_return std::unexpected(fed.error());
  while (!parser.header_done()) {
    const auto count = co_await read_and_feed(connection, parser, deadline);
    if (!count) co_return std::unexpected(count.error());
    if (*count == 0) co_return false;
  }
  co_return true;
}

HttpConnectionExchange::HttpConnectionExchange(HttpConnection& connection, HttpParser& parser)
    : connection_(connection), parser_(parser), keep_alive_(parser.keep_alive()) {}

ByteStream::Deadline HttpConnectionExchange::io_deadline() const {
  return Clock::now() + connection_.limits.io_timeout;
}

asio::awaitable<Result<void>> HttpConnectionExchange::send(std::string bytes) {
  auto sent = co_await connection_.stream->write(bytes, io_deadline());
  if (!sent) {
    state_ = State::broken;
    sent = fail(Errc::unreachable, "the client has gone: " + sent.error().message);
  }
  co_return sent;
}

asio::awaitable<Result<void>> HttpConnectionExchange::read_more() {
  if (!continue_sent_ && equal_ignoring_case(header("Expect"), "100-continue")) {
    continue_sent_ = true;
    std::string text = "HTTP/1.1 100 Continue\r\n\r\n";
    auto sent = co_await send(std::move(text));
    if (!sent) co_return sent;
  }
  const auto count = co_await read_and_feed(connection_, parser_, io_deadline());
  if (!count) co_return std::unexpected(count.error());
  if (*count == 0) co_return fail(Errc::unreachable, "the client closed in the middle of the body");
  co_return Result<void>{};
}

asio::awaitable<Result<std::size_t>> HttpConnectionExchange::read_some(std::span<char> into) {
  body_ += parser_.take_body();
  while (body_.empty() && !parser_.done()) {
    const auto more = co_await read_more();
    if (!more) co_return std::unexpected(more.error());
    body_ += parser_.take_body();
  }
  const std::size_t count = std::min(into.size(), body_.size());
  std::memcpy(into.data(), body_.data(), count);
  body_.erase(0, count);
  co_return count;
}

asio::awaitable<Result<std::string>> HttpConnectionExchange::read_body(std::size_t bytes_max) {
  const auto too_large = [bytes_max] {
    return fail(Errc::too_large, fmt::format("the body is above {} bytes", bytes_max));
  };
  if (parser_.content_length().value_or(0) > bytes_max) co_return too_large();
  body_ += parser_.take_body();
  while (body_.size() <= bytes_max && !parser_.done()) {
    const auto more = co_await read_more();
    if (!more) co_return std::unexpected(more.error());
    body_ += parser_.take_body();
  }
  if (body_.size() > bytes_max) co_return too_large();
  co_return std::exchange(body_, {});
}

std::string HttpConnectionExchange::head(int status, const std::string& headers) {
  if (!parser_.done()) keep_alive_ = false;
  return fmt::format("HTTP/1.1 {} {}\r\n{}{}", status, http_reason(status), headers,
                     keep_alive_ ? "" : "Connection: close\r\n");
}

asio::awaitable<Result<void>> HttpConnectionExchange::respond(HttpResponse response) {
  if (answered()) co_return fail(Errc::invalid, "the request has been answered already");
  const auto headers = encode_headers(response.headers);
  if (!headers) co_return std::unexpected(headers.error());
  state_ = State::complete;
  std::string text = head(response.status, *headers);
  constexpr int kNoContent = 204;
  constexpr int kNotModified = 304;
  if (response.status != kNoContent && response.status != kNotModified) {
    text += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  text += "\r\n";
  if (method() != "HEAD") text += response.body;
  auto sent = co_await send(std::move(text));
  co_return sent;
}

asio::awaitable<Result<void>> HttpConnectionExchange::begin_stream(int status,
                                                                   HttpHeaders headers) {
  if (answered()) co_return fail(Errc::invalid, "the request has been answered already");
  headers.emplace_back("Transfer-Encoding", "chunked");
  const auto encoded = encode_headers(headers);
  if (!encoded) co_return std::unexpected(encoded.error());
  state_ = State::streaming;
  auto sent = co_await send(head(status, *encoded) + "\r\n");
  co_return sent;
}

asio::awaitable<Result<void>> HttpConnectionExchange::write(std::string bytes) {
  if (state_ == State::broken) co_return fail(Errc::unreachable, "the client has gone");
  if (state_ != State::streaming) co_return fail(Errc::invalid, "no stream has been begun");
  if (bytes.empty() || method() == "HEAD") co_return Result<void>{};
  std::string chunk = fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
  auto sent = co_await send(std::move(chunk));
  co_return sent;
}

asio::awaitable<Result<void>> HttpConnectionExchange::finish() {
  if (state_ != State::streaming) co_return Result<void>{};
  state_ = State::complete;
  if (method() == "HEAD") co_return Result<void>{};
  std::string last = "0\r\n\r\n";
  auto sent = co_await send(std::move(last));
  co_return sent;
}

bool HttpConnectionExchange::may_continue() const {
  return state_ == State::complete && keep_alive_ && parser_.done();
}

asio::awaitable<void> HttpConnectionExchange::discard_body() {
  const auto deadline = Clock::now() + kDiscardTime;
  std::size_t dropped = 0;
  while (state_ == State::complete && !parser_.done() && dropped < kDiscardBytesMax) {
    const auto count = co_await read_and_feed(connection_, parser_, deadline);
    if (!count || *count == 0) co_return;
    dropped += parser_.take_body().size();
  }
}

}  // namespace ecokube
