#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/byte_stream.h"
#include "common/http_parser.h"
#include "common/http_server.h"

namespace ecokube {

/// The server's end of one connection: the stream and what was read but not yet used.
struct HttpConnection {
  std::unique_ptr<ByteStream> stream;
  HttpTransport transport = HttpTransport::tcp;
  HttpServerLimits limits;
  std::string pending;
  std::vector<char> scratch;  // what is read goes here first; kept from request to request
};

/// One request on a connection, whose header has been read.
class HttpConnectionExchange final : public HttpExchange {
 public:
  HttpConnectionExchange(HttpConnection& connection, HttpParser& parser);

  std::string_view method() const override { return parser_.method(); }
  std::string_view target() const override { return parser_.target(); }
  std::string_view header(std::string_view name) const override { return parser_.header(name); }
  HttpTransport transport() const override { return connection_.transport; }
  std::string client_name() const override { return connection_.stream->peer_name(); }

  boost::asio::awaitable<Result<std::string>> read_body(std::size_t bytes_max) override;
  boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> into) override;
  boost::asio::awaitable<Result<void>> respond(HttpResponse response) override;
  boost::asio::awaitable<Result<void>> begin_stream(int status, HttpHeaders headers) override;
  boost::asio::awaitable<Result<void>> write(std::string bytes) override;

  [[nodiscard]] bool answered() const { return state_ != State::waiting; }
  /// Ends a streamed answer.
  boost::asio::awaitable<Result<void>> finish();
  /// True when the next request may follow on this connection.
  [[nodiscard]] bool may_continue() const;
  /// Reads and forgets a bounded part of a body that nobody wanted, so that the answer is not lost
  /// in the reset of a connection closed with unread bytes.
  boost::asio::awaitable<void> discard_body();

 private:
  enum class State { waiting, streaming, complete, broken };
  boost::asio::awaitable<Result<void>> send(std::string bytes);
  boost::asio::awaitable<Result<void>> read_more();
  ByteStream::Deadline io_deadline() const;
  std::string head(int status, const std::string& headers);

  HttpConnection& connection_;
  HttpParser& parser_;
  State state_ = State::waiting;
  bool keep_alive_;
  bool continue_sent_ = false;
  std::string body_;  // read but not yet asked for
};

/// Reads a request's header: true when there is one, false when the peer is done.
[[nodiscard]] boost::asio::awaitable<Result<bool>> read_request_header(HttpConnection& connection,
                                                                       HttpParser& parser);

}  // namespace ecokube
