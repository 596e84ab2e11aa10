#include "common/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <set>
#include <vector>

#include "common/byte_stream.h"
#include "common/http_parser.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunkBytes = 16UL * 1024;
constexpr std::size_t kIdleMax = 8;
constexpr std::chrono::seconds kIdleAgeMax{30};
/// How long an answer may still come from a peer that no longer takes our request.
constexpr std::chrono::seconds kLastWords{2};

struct IdleStream {
  std::unique_ptr<ByteStream> stream;
  Clock::time_point since;
};

/// Shared by the client and its requests in flight, so that the client may go first.
struct Pool {
  asio::any_io_executor executor;
  HttpEndpoint endpoint;
  HttpLimits limits;
  std::vector<IdleStream> idle;
  std::set<ByteStream*> streaming;
  std::uint64_t generation = 0;  ///< of the TLS context

  void use_tls(TlsContext tls) {
    endpoint.tls = std::move(tls);
    ++generation;
    idle.clear();
    for (auto* stream : streaming) stream->close();
  }
  std::unique_ptr<ByteStream> take() {
    while (!idle.empty()) {
      IdleStream last = std::move(idle.back());
      idle.pop_back();
      if (Clock::now() - last.since < kIdleAgeMax && !last.stream->is_stale()) {
        return std::move(last.stream);
      }
    }
    return nullptr;
  }
  void give_back(std::unique_ptr<ByteStream> stream) {
    if (idle.size() >= kIdleMax) idle.erase(idle.begin());
    idle.push_back({std::move(stream), Clock::now()});
  }
};
using PoolPtr = std::shared_ptr<Pool>;

/// A stream that use_tls() may end, for as long as this lives.
class Interruptible {
 public:
  Interruptible(PoolPtr pool, ByteStream* stream) : pool_(std::move(pool)), stream_(stream) {
    pool_->streaming.insert(stream_);
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible() { pool_->streaming.erase(stream_); }

 private:
  PoolPtr pool_;
  ByteStream* stream_;
};

std::string host_header(const HttpEndpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return "localhost";
  const std::string text = endpoint.text();
  return text.substr(text.find("//") + 2);
}

Result<std::string> encode(const HttpRequest& request, const HttpEndpoint& endpoint) {
  for (const char c : request.method + request.target) {
    if (c <= ' ' || c == '\x7f') {
      return fail(Errc::invalid, "blank or control character in '" + request.target + "'");
    }
  }
  auto headers = encode_headers(request.headers);
  if (!headers) return headers;
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}", request.method, request.target,
                                 host_header(endpoint), *headers);
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return text + "\r\n";
}

/// One request on one connection.
struct Attempt {
  Result<HttpResponse> response = fail(Errc::unreachable, "not tried");
  bool got_bytes = false;  ///< some of the answer came: never to be repeated
  bool reusable = false;   ///< the answer was whole and the peer keeps the connection
};

struct Conversation {
  ByteStream& stream;
  const HttpLimits& limits;
  const HttpRequest& request;
  const HttpClient::OnBytes& on_bytes;  ///< empty: the body is collected
  Clock::time_point deadline;

  bool streaming(const HttpParser& parser) const { return on_bytes && parser.status() < 300; }
};

std::unexpected<Error> ended_early(const HttpParser& parser) {
  return fail(Errc::unreachable, parser.got_some() ? "the peer closed in the middle of its answer"
                                                   : "the peer closed without an answer");
}

/// Takes what the parser has of the body. False: the reader wants no more.
Result<bool> take_body(const Conversation& talk, HttpParser& parser, HttpResponse& response) {
  const std::string piece = parser.take_body();
  if (piece.empty()) return true;
  if (talk.streaming(parser)) return talk.on_bytes(piece);
  if (response.body.size() + piece.size() > talk.limits.body_bytes_max) {
    return fail(Errc::too_large,
                fmt::format("the answer's body is above {} bytes", talk.limits.body_bytes_max));
  }
  response.body += piece;
  return true;
}

asio::awaitable<Attempt> read_answer(const Conversation& talk) {
  auto parser = make_response_parser(talk.request.method == "HEAD");
  Attempt attempt;
  HttpResponse response;
  std::string pending;
  std::vector<char> bytes(kChunkBytes);
  while (!parser->done()) {
    const bool flowing = parser->header_done() && talk.streaming(*parser);
    const auto limit = flowing ? Clock::now() + talk.limits.idle_timeout : talk.deadline;
    const auto count = co_await talk.stream.read_some(bytes, limit);
    if (!count) {
      attempt.response = std::unexpected(count.error());
      co_return attempt;
    }
    attempt.got_bytes = attempt.got_bytes || *count > 0;
    if (*count == 0) {
      const bool whole = parser->got_some() && parser->feed_end().has_value() && parser->done();
      if (!whole) {
        attempt.response = ended_early(*parser);
        co_return attempt;
      }
    }
    pending.append(bytes.data(), *count);
    while (!pending.empty() && !parser->done()) {
      const auto used = parser->feed(pending);
      if (!used) {
        attempt.response = std::unexpected(used.error());
        co_return attempt;
      }
      pending.erase(0, *used);
      if (parser->done() && parser->status() < 200) {  // 100 Continue and its like
        parser = make_response_parser(talk.request.method == "HEAD");
        continue;
      }
      if (*used == 0) break;
    }
    if (!parser->header_done()) continue;
    response.status = parser->status();
    const auto more = take_body(talk, *parser, response);
    if (!more) {
      attempt.response = std::unexpected(more.error());
      co_return attempt;
    }
    if (!*more) break;
  }
  response.headers = parser->headers();
  attempt.reusable = parser->done() && parser->keep_alive() && pending.empty();
  attempt.response = std::move(response);
  co_return attempt;
}

asio::awaitable<Attempt> talk_once(Conversation talk, std::string head) {
  const std::string& body = talk.request.body;
  const bool together = body.size() <= kChunkBytes;
  if (together) head += body;
  auto sent = co_await talk.stream.write(head, talk.deadline);
  if (sent && !together) sent = co_await talk.stream.write(body, talk.deadline);
  if (!sent) talk.deadline = std::min(talk.deadline, Clock::now() + kLastWords);
  // A server that refuses a body may answer and close while we still send it: listen even so.
  Attempt attempt = co_await read_answer(talk);
  if (!sent) {
    attempt.reusable = false;
    if (!attempt.response) attempt.response = std::unexpected(sent.error());
  }
  co_return attempt;
}

asio::awaitable<Result<HttpResponse>> perform(PoolPtr pool, HttpRequest request,
                                              HttpClient::OnBytes on_bytes) {
  const std::string what = request.method + " " + pool->endpoint.text() + request.target;
  const auto head = encode(request, pool->endpoint);
  if (!head) co_return fail_while(what, head.error());
  bool fresh = false;
  while (true) {
    std::unique_ptr<ByteStream> stream = fresh ? nullptr : pool->take();
    const bool reused = stream != nullptr;
    const auto generation = pool->generation;
    if (!reused) {
      const auto deadline = Clock::now() + pool->limits.connect_timeout;
      auto connected = co_await connect_stream(pool->executor, pool->endpoint, deadline);
      if (!connected) co_return fail_while(what, std::move(connected.error()));
      stream = *std::move(connected);
      if (generation != pool->generation) continue;  // made with what is no longer to be used
    }
    std::optional<Interruptible> interruptible;
    if (on_bytes) interruptible.emplace(pool, stream.get());
    Conversation talk{.stream = *stream,
                      .limits = pool->limits,
                      .request = request,
                      .on_bytes = on_bytes,
                      .deadline = Clock::now() + pool->limits.response_timeout};
    std::string text = *head;
    Attempt attempt = co_await talk_once(talk, std::move(text));
    interruptible.reset();
    if (attempt.reusable && generation == pool->generation) pool->give_back(std::move(stream));
    if (attempt.response) co_return std::move(attempt.response);
    const bool stale =
        reused && !attempt.got_bytes && attempt.response.error().code == Errc::unreachable;
    if (!stale) co_return fail_while(what, std::move(attempt.response.error()));
    fresh = true;
  }
}

class PooledClient final : public HttpClient {
 public:
  PooledClient(asio::any_io_executor executor, HttpEndpoint endpoint, HttpLimits limits)
      : pool_(std::make_shared<Pool>(
            Pool{std::move(executor), std::move(endpoint), limits, {}, {}, 0})) {}

  asio::awaitable<Result<HttpResponse>> request(HttpRequest request) override {
    return perform(pool_, std::move(request), nullptr);
  }
  asio::awaitable<Result<HttpResponse>> stream(HttpRequest request, OnBytes on_bytes) override {
    return perform(pool_, std::move(request), std::move(on_bytes));
  }
  void use_tls(TlsContext tls) override { pool_->use_tls(std::move(tls)); }

 private:
  PoolPtr pool_;
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client(asio::any_io_executor executor, HttpEndpoint endpoint,
                                             HttpLimits limits) {
  return std::make_unique<PooledClient>(std::move(executor), std::move(endpoint), limits);
}

}  // namespace ecokube
