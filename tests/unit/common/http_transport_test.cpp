#include "common/asio_tuple.h"
#include "tests/unit/common/http_fixture.h"

namespace ecokube::test {
namespace {

class HttpTransports : public Http {};

TEST_F(HttpTransports, BadInputIsRefused) {
  const auto port = *server_->listen_tcp("127.0.0.1", 0);
  EXPECT_EQ(raw(port, "nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_THAT(raw(port, "GET / HTTP/1.1\r\nX: " + std::string(40'000, 'h') + "\r\n\r\n"),
              HasSubstr(" 431 "));
  EXPECT_EQ(seen_.requests, 0);
}

TEST_F(HttpTransports, BusyPortIsNamedWithWhatToDo) {
  const auto port = *server_->listen_tcp("127.0.0.1", 0);
  const auto again = server_->listen_tcp("127.0.0.1", port);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, Errc::io);
  EXPECT_THAT(again.error().message, HasSubstr("127.0.0.1 port " + std::to_string(port)));
  EXPECT_THAT(again.error().message, HasSubstr("another program"));
}

TEST_F(HttpTransports, NobodyListeningIsUnreachable) {
  HttpEndpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = *server_->listen_tcp("127.0.0.1", 0);
  server_->stop();
  const auto http = client(std::move(endpoint));
  EXPECT_EQ(get(*http, "/echo").error().code, Errc::unreachable);
}

TEST_F(HttpTransports, UnixSocketHasItsModeAndReplacesAStaleFile) {
  const test::TempDir dir;
  const auto path = dir / "api.sock";
  ASSERT_TRUE(server_->listen_unix(path, 0660).has_value());
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0660));
  HttpEndpoint endpoint;
  endpoint.unix_path = path;
  const auto http = client(endpoint);
  EXPECT_EQ(post(*http, "/echo", "u")->body, "POST:u");
  EXPECT_THAT(server_->listen_unix(path, 0660).error().message, HasSubstr("another program"));
  const auto stale = dir / "stale.sock";
  {
    asio::local::stream_protocol::acceptor left(io_, stale.string());
  }
  EXPECT_TRUE(server_->listen_unix(stale, 0600).has_value());
  server_->stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

/// Answers the first request on its first connection, closes it at the second request unanswered;
/// answers on the second connection.
asio::awaitable<void> close_at_second_request(tcp::acceptor& acceptor, int& requests) {
  for (int connection = 0; connection < 2; ++connection) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    for (int request = 0; request < 2; ++request) {
      std::string text;
      const auto [ec, n] =
          co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", kTuple);
      if (ec) break;
      ++requests;
      if (connection == 0 && request == 1) break;
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
    }
  }
}

TEST_F(HttpTransports, RequestOnAStaleConnectionIsSentOnceMore) {
  tcp::acceptor acceptor(io_, {asio::ip::make_address("127.0.0.1"), 0});
  int requests = 0;
  asio::co_spawn(io_, close_at_second_request(acceptor, requests),
                 [](std::exception_ptr error) { EXPECT_FALSE(error); });
  HttpEndpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = acceptor.local_endpoint().port();
  const auto http = client(endpoint);
  EXPECT_EQ(get(*http, "/")->body, "ok");
  EXPECT_EQ(get(*http, "/")->body, "ok");
  EXPECT_EQ(requests, 3);
}

TEST_F(HttpTransports, TlsChecksAuthorityAndName) {
  const test::TempDir dir;
  const auto ca = *lab::make_ca(dir.path(), "ca");
  const auto other = *lab::make_ca(dir.path(), "other");
  const auto own = *lab::make_certificate(
      dir.path(), ca, {.file_stem = "api", .sans = {"IP:127.0.0.1", "DNS:localhost"}});
  const auto tls = *make_https_server_context(own.certificate, own.key);
  const auto port = *server_->listen_tcp("127.0.0.1", 0, tls);
  const auto elsewhere = *server_->listen_tcp("127.0.0.2", 0, tls);
  const auto ask = [&](const std::string& host, std::uint16_t at, const auto& authority) {
    HttpsClientIdentity identity;
    identity.ca_pem = test::read_text(authority.certificate);
    HttpEndpoint endpoint;
    endpoint.host = host;
    endpoint.port = at;
    endpoint.tls = *make_https_client_context(identity);
    const auto http = client(std::move(endpoint));
    return post(*http, "/echo", std::string(kSmallBody, 't'));
  };
  EXPECT_EQ(ask("127.0.0.1", port, ca)->status, 200);
  EXPECT_EQ(ask("localhost", port, ca)->status, 200);
  const auto wrong_ca = ask("127.0.0.1", port, other);
  ASSERT_FALSE(wrong_ca.has_value());
  EXPECT_THAT(wrong_ca.error().message, HasSubstr("certificate is refused"));
  const auto wrong_name = ask("127.0.0.2", elsewhere, ca);
  ASSERT_FALSE(wrong_name.has_value());
  EXPECT_THAT(wrong_name.error().message, HasSubstr("mismatch"));
}

}  // namespace
}  // namespace ecokube::test
