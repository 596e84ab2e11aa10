#include "common/byte_stream.h"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "common/asio_tuple.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Generic = asio::generic::stream_protocol;
using PlainStream = boost::beast::basic_stream<Generic>;
using TlsStream = asio::ssl::stream<PlainStream>;
using boost::system::error_code;

std::unexpected<Error> failed(error_code ec) {
  if (ec == boost::beast::error::timeout) return fail(Errc::timeout, "no answer in time");
  return fail(Errc::unreachable, ec.message());
}

bool is_end(error_code ec) {
  return ec == asio::error::eof || ec == asio::ssl::error::stream_truncated;
}

PlainStream& lowest(PlainStream& stream) { return stream; }
PlainStream& lowest(TlsStream& stream) { return stream.next_layer(); }

std::string verified_name(const PlainStream& /*stream*/) { return {}; }
std::string verified_name(const TlsStream& stream) {
  // Only looked at; Asio has no const access to it.
  SSL* ssl = const_cast<TlsStream&>(stream).native_handle();
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl),
                                                          &X509_free);
  if (!shown || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  constexpr std::size_t kNameMax = 256;
  std::array<char, kNameMax> name{};
  const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName,
                                               name.data(), static_cast<int>(name.size()));
  return length > 0 ? std::string(name.data(), static_cast<std::size_t>(length)) : std::string();
}

template <class Stream>
class StreamOf final : public ByteStream {
 public:
  StreamOf(Stream stream, TlsContext tls) : tls_(std::move(tls)), stream_(std::move(stream)) {}
  Stream& stream() { return stream_; }

  asio::awaitable<Result<std::size_t>> read_some(std::span<char> into, Deadline deadline) override {
    lowest(stream_).expires_at(deadline);
    const auto buffer = asio::buffer(into.data(), into.size());
    const auto [ec, count] = co_await stream_.async_read_some(buffer, kTuple);
    if (ec && is_end(ec)) co_return std::size_t{0};
    if (ec) co_return failed(ec);
    co_return count;
  }

  asio::awaitable<Result<void>> write(std::string_view bytes, Deadline deadline) override {
    lowest(stream_).expires_at(deadline);
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    const auto [ec, count] = co_await asio::async_write(stream_, buffer, kTuple);
    if (ec) co_return failed(ec);
    co_return Result<void>{};
  }

  bool is_stale() override {
    char byte = 0;
    const auto got =
        ::recv(lowest(stream_).socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

  void close() override { lowest(stream_).close(); }

  std::string peer_name() const override { return verified_name(stream_); }

 private:
  TlsContext tls_;  // outlives the stream made from it
  Stream stream_;
};

bool is_ip(const std::string& host) {
  error_code ec;
  asio::ip::make_address(host, ec);
  return !ec;
}

/// OpenSSL itself checks the name, so that its verify result says what was wrong.
void expect_name(SSL* ssl, const std::string& host) {
  if (is_ip(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  SSL_set_tlsext_host_name(ssl, host.c_str());
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, host.c_str());
}

std::unexpected<Error> handshake_failed(error_code ec, SSL* ssl) {
  if (ec == boost::beast::error::timeout) return fail(Errc::timeout, "no TLS handshake in time");
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) {
    return fail(Errc::protocol, fmt::format("the server's certificate is refused: {}",
                                            X509_verify_cert_error_string(verdict)));
  }
  if (ec.category() == asio::error::get_ssl_category()) {
    return fail(Errc::protocol, fmt::format("TLS handshake: {}", ec.message()));
  }
  return fail(Errc::unreachable, fmt::format("TLS handshake: {}", ec.message()));
}

asio::awaitable<Result<std::vector<Generic::endpoint>>> resolve(asio::any_io_executor executor,
                                                                const HttpEndpoint& endpoint) {
  std::vector<Generic::endpoint> found;
  if (!endpoint.unix_path.empty()) {
    constexpr std::size_t kUnixPathMax = 107;
    if (endpoint.unix_path.native().size() > kUnixPathMax) {
      co_return fail(Errc::invalid, "the path of a Unix socket has at most 107 characters");
    }
    found.emplace_back(asio::local::stream_protocol::endpoint(endpoint.unix_path.string()));
    co_return found;
  }
  error_code ec;
  if (const auto address = asio::ip::make_address(endpoint.host, ec); !ec) {
    found.emplace_back(tcp::endpoint(address, endpoint.port));
    co_return found;
  }
  // getaddrinfo cannot be interrupted; resolv.conf's own limits bound this wait.
  tcp::resolver resolver(executor);
  const auto [error, results] =
      co_await resolver.async_resolve(endpoint.host, std::to_string(endpoint.port), kTuple);
  if (error) co_return fail(Errc::unreachable, "looking up the name: " + error.message());
  for (const auto& entry : results) found.emplace_back(entry.endpoint());
  co_return found;
}

asio::awaitable<Result<PlainStream>> connect_plain(asio::any_io_executor executor,
                                                   const HttpEndpoint& endpoint,
                                                   ByteStream::Deadline deadline) {
  const auto found = co_await resolve(executor, endpoint);
  if (!found) co_return std::unexpected(found.error());
  Error last{Errc::unreachable, "the name has no address"};
  for (const auto& address : *found) {
    PlainStream stream(executor);
    stream.expires_at(deadline);
    const auto [ec] = co_await stream.async_connect(address, kTuple);
    if (!ec) {
      error_code ignored;
      if (endpoint.unix_path.empty()) stream.socket().set_option(tcp::no_delay(true), ignored);
      co_return stream;
    }
    last = ec == boost::beast::error::timeout ? Error{Errc::unreachable, "no connection in time"}
                                              : failed(ec).error();
  }
  co_return std::unexpected(std::move(last));
}

}  // namespace

asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect_stream(asio::any_io_executor executor,
                                                                    HttpEndpoint endpoint,
                                                                    ByteStream::Deadline deadline) {
  auto plain = co_await connect_plain(executor, endpoint, deadline);
  if (!plain) co_return std::unexpected(std::move(plain.error()));
  if (!endpoint.tls) {
    co_return std::make_unique<StreamOf<PlainStream>>(*std::move(plain), nullptr);
  }
  auto made = std::make_unique<StreamOf<TlsStream>>(TlsStream(*std::move(plain), *endpoint.tls),
                                                    endpoint.tls);
  SSL* ssl = made->stream().native_handle();
  expect_name(ssl, endpoint.tls_name.empty() ? endpoint.host : endpoint.tls_name);
  lowest(made->stream()).expires_at(deadline);
  const auto [ec] = co_await made->stream().async_handshake(TlsStream::client, kTuple);
  if (ec) co_return handshake_failed(ec, ssl);
  co_return made;
}

asio::awaitable<Result<std::unique_ptr<ByteStream>>> accept_stream(GenericSocket socket,
                                                                   TlsContext tls,
                                                                   ByteStream::Deadline deadline) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  PlainStream plain(std::move(socket));
  if (!tls) co_return std::make_unique<StreamOf<PlainStream>>(std::move(plain), nullptr);
  auto made = std::make_unique<StreamOf<TlsStream>>(TlsStream(std::move(plain), *tls), tls);
  lowest(made->stream()).expires_at(deadline);
  const auto [ec] = co_await made->stream().async_handshake(TlsStream::server, kTuple);
  if (ec) co_return handshake_failed(ec, made->stream().native_handle());
  co_return made;
}

}  // namespace ecokube
