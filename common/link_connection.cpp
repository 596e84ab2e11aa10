#include "common/link_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

#include "common/asio_tuple.h"
#include "common/frame.h"
#include "common/log.h"
#include "common/socket_bio.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kQueueBytesMax = 4 * kFrameBytesMax;
constexpr std::chrono::seconds kWriteLimit{15};

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

std::string address_of(const tcp::socket& socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  return error ? "unknown" : peer.address().to_string() + ":" + std::to_string(peer.port());
}

// The newest entry of OpenSSL's error queue and what the peer's certificate was refused for.
std::string tls_problem(SSL* ssl) {
  const auto code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  std::string text = reason != nullptr ? reason : "TLS failure";
  const auto verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    text +=
        std::string(" (the peer's certificate: ") + X509_verify_cert_error_string(verified) + ")";
  }
  return text;
}

class TlsConnection final : public LinkConnection,
                            public std::enable_shared_from_this<TlsConnection> {
 public:
  TlsConnection(tcp::socket socket, const TlsContext& context, Side side)
      : socket_(std::move(socket)),
        peer_address_(address_of(socket_)),
        context_(context),
        ssl_(SSL_new(context->native_handle())) {
    if (!ssl_) return;
    BIO* bio = new_socket_bio(socket_.native_handle());
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    side == Side::client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
  }

  asio::awaitable<Result<PeerIdentity>> handshake(std::chrono::milliseconds limit) override {
    const auto self = shared_from_this();
    const auto until = Clock::now() + limit;
    for (;;) {
      if (!usable()) co_return closed();
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl_.get());
      if (result == 1) break;
      const auto ready = co_await wait_or_fail(result, until, "TLS handshake");
      if (!ready) co_return std::unexpected(ready.error());
    }
    co_return checked_peer();
  }

  asio::awaitable<Result<std::optional<std::string>>> receive(
      std::chrono::milliseconds limit) override {
    const auto self = shared_from_this();
    const auto until = Clock::now() + limit;
    for (;;) {
      auto frame = decoder_.next();
      if (!frame || *frame) co_return std::move(frame);
      if (!usable()) co_return closed();
      const int got = read_once();
      if (got > 0) continue;
      if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN) co_return ended();
      const auto ready = co_await wait_or_fail(got, until, "reading");
      if (!ready) co_return std::unexpected(ready.error());
    }
  }

  Result<void> send(const std::string& body) override {
    if (!usable()) return closed();
    const auto frame = encode_frame(body);
    if (!frame) return std::unexpected(frame.error());
    if (queue_.size() + frame->size() > kQueueBytesMax) {
      abort();
      return fail(Errc::busy, peer_address_ + " does not take what is sent to it: cut off");
    }
    queue_ += *frame;
    if (!std::exchange(writing_, true)) {
      asio::co_spawn(socket_.get_executor(), write_queue(shared_from_this()),
                     [self = shared_from_this()](const std::exception_ptr& error) {
                       if (!error) return;
                       log::error("link writer failed peer={}", self->peer_address_);
                       self->abort();
                     });
    }
    return {};
  }

  asio::awaitable<void> finish(std::chrono::milliseconds limit) override {
    const auto self = shared_from_this();
    asio::steady_timer timer(socket_.get_executor());
    const auto until = Clock::now() + limit;
    while (writing_ && usable() && Clock::now() < until) {
      timer.expires_after(std::chrono::milliseconds(5));
      co_await timer.async_wait(kTuple);
    }
    abort();
  }

  void abort() override {
    if (!socket_.is_open()) return;
    // A TLS end, if the socket takes it now: the peer can then tell an end from a cut wire.
    if (!broken_ && ssl_ && SSL_is_init_finished(ssl_.get()) != 0) {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  void limit_frames(std::size_t bytes_max) override { decoder_.limit(bytes_max); }
  bool is_open() const override { return usable(); }
  const std::string& peer_address() const override { return peer_address_; }

 private:
  [[nodiscard]] bool usable() const { return ssl_ && socket_.is_open() && !broken_; }
  [[nodiscard]] std::unexpected<Error> closed() const {
    if (broken_why_) return std::unexpected(*broken_why_);
    return fail(Errc::unreachable, "connection to " + peer_address_ + " is closed");
  }

  // A function of its own: an idle connection must not hold this buffer in its coroutine's frame.
  int read_once() {
    std::array<char, 4096> bytes;
    ERR_clear_error();
    errno = 0;
    const int got = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (got > 0) decoder_.feed({bytes.data(), static_cast<std::size_t>(got)});
    return got;
  }

  [[nodiscard]] Result<std::optional<std::string>> ended() const {
    if (!decoder_.has_partial()) return std::nullopt;
    return fail(Errc::protocol, peer_address_ + " ended the connection inside a frame");
  }

  Result<PeerIdentity> checked_peer() {
    const unsigned char* protocol = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &length);
    const std::string_view spoken(reinterpret_cast<const char*>(protocol), length);
    if (spoken == kEnrolProtocol && SSL_is_server(ssl_.get()) == 1) {
      PeerIdentity newcomer{};
      newcomer.role = PeerIdentity::Role::newcomer;
      return newcomer;
    }
    if (spoken != kLinkProtocol && spoken != kEnrolProtocol) {
      return fail(Errc::protocol, peer_address_ + " does not speak " + std::string(kLinkProtocol));
    }
    auto peer = peer_identity(ssl_.get());
    if (!peer) return fail_while(peer_address_, std::move(peer.error()));
    return peer;
  }

  /// After an SSL call that did not finish: waits until it may be tried again, or says why not.
  asio::awaitable<Result<void>> wait_or_fail(int result, Clock::time_point until,
                                             std::string_view doing) {
    using namespace asio::experimental::awaitable_operators;
    const int error_number = errno;
    const int why = SSL_get_error(ssl_.get(), result);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      broken_ = true;
      broken_why_ = failure(why, error_number, doing).error();
      co_return std::unexpected(*broken_why_);
    }
    const auto direction =
        why == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
    asio::steady_timer timer(socket_.get_executor(), until);
    const auto first = co_await (socket_.async_wait(direction, kTuple) || timer.async_wait(kTuple));
    if (!usable()) co_return closed();
    if (first.index() == 1) {
      co_return fail(Errc::timeout, peer_address_ + ": time ran out while " + std::string(doing));
    }
    co_return Result<void>();
  }

  [[nodiscard]] std::unexpected<Error> failure(int why, int error_number, std::string_view doing) {
    const auto code = ERR_peek_last_error();
    const bool cut = ERR_GET_LIB(code) == ERR_LIB_SSL &&
                     ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    const std::string where = peer_address_ + ": " + std::string(doing);
    if (cut || why == SSL_ERROR_ZERO_RETURN || (why == SSL_ERROR_SYSCALL && error_number == 0)) {
      ERR_clear_error();
      if (decoder_.has_partial()) {
        return fail(Errc::protocol, peer_address_ + " ended the connection inside a frame");
      }
      return fail(Errc::unreachable, where + ": the peer closed the connection");
    }
    if (why == SSL_ERROR_SYSCALL) {
      return fail(Errc::unreachable, where + ": " + std::strerror(error_number));
    }
    return fail(Errc::refused, where + ": " + tls_problem(ssl_.get()));
  }

  asio::awaitable<void> write_queue(std::shared_ptr<TlsConnection> self) {
    while (!queue_.empty() && usable()) {
      const auto until = Clock::now() + kWriteLimit;
      std::string batch = std::exchange(queue_, {});
      std::string_view rest(batch);
      while (!rest.empty() && usable()) {
        ERR_clear_error();
        errno = 0;
        const int sent = SSL_write(ssl_.get(), rest.data(), static_cast<int>(rest.size()));
        if (sent > 0) {
          rest.remove_prefix(static_cast<std::size_t>(sent));
          continue;
        }
        const auto ready = co_await wait_or_fail(sent, until, "writing");
        if (ready) continue;
        log::debug("link write failed peer={} why=\"{}\"", peer_address_, ready.error().message);
        // What was received may still tell more; a reader meets the broken connection itself.
        if (ready.error().code == Errc::timeout) abort();
        break;
      }
      if (!rest.empty()) break;
    }
    // Here, not when the coroutine's end is reported: a frame sent in between would lie for ever.
    self->writing_ = false;
  }

  tcp::socket socket_;
  std::string peer_address_;
  TlsContext context_;
  std::unique_ptr<SSL, SslFree> ssl_;
  FrameDecoder decoder_;
  std::string queue_;
  bool writing_ = false;
  bool broken_ = false;
  std::optional<Error> broken_why_;
};

}  // namespace

std::shared_ptr<LinkConnection> make_link_connection(tcp::socket socket, const TlsContext& context,
                                                     LinkConnection::Side side) {
  return std::make_shared<TlsConnection>(std::move(socket), context, side);
}

}  // namespace ecokube
