#pragma once

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

namespace ecokube::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using ::testing::HasSubstr;

inline constexpr std::size_t kSmallBody = 1000;

/// What the test's server does, by path.
struct Behaviour {
  int requests = 0;
  bool client_gone = false;
  std::size_t streamed_in = 0;
};

inline asio::awaitable<void> stream_until_gone(Behaviour& seen, HttpExchange& exchange) {
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

inline asio::awaitable<void> behave(Behaviour& seen, HttpExchange& exchange) {
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

}  // namespace ecokube::test
