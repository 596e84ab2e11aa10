#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "common/http_client.h"
#include "common/http_server.h"
#include "lab/certificates.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ::testing::HasSubstr;

constexpr std::size_t kSmallBody = 1000;

/// What the test's server does, by path.
struct Behaviour {
  int requests = 0;
  bool client_gone = false;
  std::size_t streamed_in = 0;
};

asio::awaitable<void> stream_until_gone(Behaviour& seen, HttpExchange& exchange) {
  HttpHeaders headers;
  (void)co_await exchange.begin_stream(200, std::move(headers));
  asio::steady_timer pause(co_await asio::this_coro::executor);
  while (true) {
    std::string piece(4096, 'x');
    const auto written = co_await exchange.write(std::move(piece));
    if (!written) break;
    pause.expires_after(std::chrono::milliseconds(1));
    co_await pause.async_wait(asio::use_awaitable);
  }
  seen.client_gone = true;
}

asio::awaitable<void> behave(Behaviour& seen, HttpExchange& exchange) {
  ++seen.requests;
  const std::string target(exchange.target());
  if (target == "/echo") {
    auto body = co_await exchange.read_body(kSmallBody);
    HttpResponse answer = body ? json_response(200, std::string(exchange.method()) + ":" + *body)
                               : problem_response(413, "Too large", body.error().message);
    (void)co_await exchange.respond(std::move(answer));
  } else if (target == "/swallow") {
    std::vector<char> piece(4096);
    for (auto got = co_await exchange.read_some(piece); got && *got > 0;) {
      seen.streamed_in += *got;
      got = co_await exchange.read_some(piece);
    }
    HttpResponse answer = json_response(200, std::to_string(seen.streamed_in));
    (void)co_await exchange.respond(std::move(answer));
  } else if (target == "/three") {
    HttpHeaders headers{{"Content-Type", "text/plain"}};
    (void)co_await exchange.begin_stream(200, std::move(headers));
    for (const char* text : {"one\n", "two\n", "three\n"}) {
      std::string piece(text);
      (void)co_await exchange.write(std::move(piece));
    }
  } else if (target == "/endless") {
    co_await stream_until_gone(seen, exchange);
  } else if (target == "/throw") {
    throw std::runtime_error("a secret of ours");
  } else if (target == "/never") {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

class Http : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = make_http_server(io_.get_executor(),
                               [this](HttpExchange& exchange) { return behave(seen_, exchange); });
  }
  std::unique_ptr<HttpClient> client(HttpEndpoint endpoint, HttpLimits limits = {}) {
    return make_http_client(io_.get_executor(), std::move(endpoint), limits);
  }
  std::unique_ptr<HttpClient> plain(HttpLimits limits = {}) {
    HttpEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = *server_->listen_tcp("127.0.0.1", 0);
    return client(std::move(endpoint), limits);
  }
  Result<HttpResponse> get(HttpClient& client, std::string target) {
    HttpRequest request;
    request.target = std::move(target);
    return test::run(io_, client.request(std::move(request)));
  }
  Result<HttpResponse> post(HttpClient& client, std::string target, std::string body) {
    HttpRequest request;
    request.method = "POST";
    request.target = std::move(target);
    request.body = std::move(body);
    return test::run(io_, client.request(std::move(request)));
  }
  /// Sends raw bytes and returns the first line of the answer.
  std::string raw(std::uint16_t port, const std::string& bytes) {
    tcp::socket socket(io_);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    asio::write(socket, asio::buffer(bytes));
    std::string answer;
    bool ended = false;
    asio::async_read_until(socket, asio::dynamic_buffer(answer), "\r\n",
                           [&](boost::system::error_code, std::size_t) { ended = true; });
    EXPECT_TRUE(test::run_until(io_, [&] { return ended; }));
    return answer.substr(0, answer.find('\r'));
  }

  asio::io_context io_{1};
  Behaviour seen_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Http, AnswersAndKeepsTheConnection) {
  const auto http = plain();
  const auto first = post(*http, "/echo", "hello");
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(first->body, "POST:hello");
  EXPECT_EQ(first->header("content-type"), "application/json");
  EXPECT_EQ(get(*http, "/echo")->body, "GET:");
  EXPECT_EQ(get(*http, "/echo")->body, "GET:");
}

TEST_F(Http, BodyAboveTheLimitIsRefusedAndTheAnswerArrives) {
  const auto http = plain();
  const auto small = post(*http, "/echo", std::string(kSmallBody + 1, 'b'));
  ASSERT_TRUE(small.has_value()) << small.error().message;
  EXPECT_EQ(small->status, 413);
  const auto large = post(*http, "/echo", std::string(8UL * 1024 * 1024, 'b'));
  ASSERT_TRUE(large.has_value()) << large.error().message;
  EXPECT_EQ(large->status, 413);
  EXPECT_EQ(post(*http, "/echo", std::string(kSmallBody, 'b'))->status, 200);
}

TEST_F(Http, BodiesAreReadInPieces) {
  const auto http = plain();
  EXPECT_EQ(post(*http, "/swallow", std::string(3'000'000, 's'))->body, "3000000");
}

TEST_F(Http, AnswerAboveTheClientsLimitIsAnError) {
  const auto http = plain({.body_bytes_max = 10});
  const auto answer = post(*http, "/echo", "more than ten bytes");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Errc::too_large);
}

TEST_F(Http, ExceptionBecomesA500ThatTellsNothing) {
  const auto http = plain();
  const auto thrown = get(*http, "/throw");
  ASSERT_TRUE(thrown.has_value());
  EXPECT_EQ(thrown->status, 500);
  EXPECT_THAT(thrown->body, ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(get(*http, "/unanswered")->status, 500);
}

TEST_F(Http, StreamsAreGivenPieceByPieceToTheirEnd) {
  const auto http = plain();
  std::string all;
  HttpRequest request;
  request.target = "/three";
  HttpClient::OnBytes collect = [&](std::string_view bytes) {
    all += bytes;
    return true;
  };
  const auto answer = test::run(io_, http->stream(std::move(request), std::move(collect)));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(all, "one\ntwo\nthree\n");
}

TEST_F(Http, ServerNoticesThatTheClientOfAStreamIsGone) {
  const auto http = plain();
  HttpRequest request;
  request.target = "/endless";
  HttpClient::OnBytes stop_at_once = [](std::string_view) { return false; };
  const auto answer = test::run(io_, http->stream(std::move(request), std::move(stop_at_once)));
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(test::run_until(io_, [&] { return seen_.client_gone; }));
}

TEST_F(Http, StatusFrom300IsNotStreamed) {
  const auto http = plain();
  HttpRequest request;
  request.target = "/throw";
  HttpClient::OnBytes never = [](std::string_view) -> bool {
    ADD_FAILURE() << "an error's body is no part of the stream";
    return true;
  };
  const auto answer = test::run(io_, http->stream(std::move(request), std::move(never)));
  EXPECT_EQ(answer->status, 500);
  EXPECT_FALSE(answer->body.empty());
}

TEST_F(Http, AnswersThatDoNotComeTimeOut) {
  const auto http = plain({.response_timeout = std::chrono::milliseconds(50)});
  const auto answer = get(*http, "/never");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Errc::timeout);
  EXPECT_THAT(answer.error().message, HasSubstr("GET http://127.0.0.1:"));
}

TEST_F(Http, StopEndsConnectionsWithHandlersInThem) {
  const auto http = plain();
  bool ended = false;
  HttpRequest request;
  request.target = "/never";
  asio::co_spawn(io_, http->request(std::move(request)),
                 [&](std::exception_ptr, Result<HttpResponse> answer) {
                   EXPECT_EQ(answer.error().code, Errc::unreachable);
                   ended = true;
                 });
  EXPECT_TRUE(test::run_until(io_, [&] { return seen_.requests == 1; }));
  server_->stop();
  EXPECT_TRUE(test::run_until(io_, [&] { return ended; }));
  io_.restart();
  io_.run();  // nothing is left: the coroutines have ended
}

TEST_F(Http, BadInputIsRefused) {
  const auto port = *server_->listen_tcp("127.0.0.1", 0);
  EXPECT_EQ(raw(port, "nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_THAT(raw(port, "GET / HTTP/1.1\r\nX: " + std::string(40'000, 'h') + "\r\n\r\n"),
              HasSubstr(" 431 "));
  EXPECT_EQ(seen_.requests, 0);
}

TEST_F(Http, BusyPortIsNamedWithWhatToDo) {
  const auto port = *server_->listen_tcp("127.0.0.1", 0);
  const auto again = server_->listen_tcp("127.0.0.1", port);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, Errc::io);
  EXPECT_THAT(again.error().message, HasSubstr("127.0.0.1 port " + std::to_string(port)));
  EXPECT_THAT(again.error().message, HasSubstr("another program"));
}

TEST_F(Http, NobodyListeningIsUnreachable) {
  HttpEndpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = *server_->listen_tcp("127.0.0.1", 0);
  server_->stop();
  const auto http = client(std::move(endpoint));
  EXPECT_EQ(get(*http, "/echo").error().code, Errc::unreachable);
}

TEST_F(Http, UnixSocketHasItsModeAndReplacesAStaleFile) {
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
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  for (int connection = 0; connection < 2; ++connection) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    for (int request = 0; request < 2; ++request) {
      std::string text;
      const auto [ec, n] =
          co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", kToken);
      if (ec) break;
      ++requests;
      if (connection == 0 && request == 1) break;
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
    }
  }
}

TEST_F(Http, RequestOnAStaleConnectionIsSentOnceMore) {
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

TEST_F(Http, TlsChecksAuthorityAndName) {
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
}  // namespace ecokube
