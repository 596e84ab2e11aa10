// Over real sockets: TCP on loopback, and the Unix socket.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>

#include "common/http_client.h"
#include "coordinator/api/api.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

class ApiHttpTest : public ::testing::Test {
 protected:
  ApiHttpTest() {
    test::fill(fleet_);
    options_.port = 0;
    options_.socket = dir_ / "api.sock";
    options_.keep_alive = std::chrono::milliseconds(50);
    options_.event_queue_max = 8;
  }
  ~ApiHttpTest() override {
    if (api_) api_->stop();
    tcp_.reset();
    unix_.reset();
    // Lets the connections' coroutines see that they are cut.
    for (int i = 0; i < 100 && io_.poll() > 0; ++i) io_.restart();
  }

  void start() {
    api_ = make_api(io_.get_executor(), options_, fleet_);
    const auto started = api_->start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
    HttpEndpoint tcp;
    tcp.host = "127.0.0.1";
    tcp.port = api_->port();
    tcp_ = make_http_client(io_.get_executor(), tcp);
    HttpEndpoint local;
    local.host = "localhost";
    local.unix_path = options_.socket;
    unix_ = make_http_client(io_.get_executor(), local);
  }

  HttpResponse send(HttpClient& client, HttpRequest request) {
    auto answer = test::run(io_, client.request(std::move(request)));
    EXPECT_TRUE(answer.has_value()) << answer.error().message;
    return answer ? std::move(*answer) : HttpResponse{};
  }
  HttpResponse get(HttpClient& client, std::string target) {
    HttpRequest request;
    request.target = std::move(target);
    return send(client, std::move(request));
  }
  HttpResponse post(HttpClient& client, std::string target, std::string body) {
    HttpRequest request;
    request.method = "POST";
    request.target = std::move(target);
    request.body = std::move(body);
    return send(client, std::move(request));
  }

  /// Follows the stream in the background; what came is in `got`.
  struct Stream {
    std::string got;
    bool ended = false;
    bool stop = false;
  };
  void follow(Stream& stream, HttpHeaders headers = {}) {
    HttpRequest request;
    request.target = "/api/v1/events";
    request.headers = std::move(headers);
    HttpClient::OnBytes on_bytes = [&stream](std::string_view bytes) {
      stream.got += bytes;
      return !stream.stop;
    };
    asio::co_spawn(
        io_, tcp_->stream(std::move(request), std::move(on_bytes)),
        [&stream](std::exception_ptr, const Result<HttpResponse>&) { stream.ended = true; });
  }
  bool comes(Stream& stream, const std::string& text) {
    return test::run_until(io_, [&] { return stream.got.find(text) != std::string::npos; });
  }
  void end(Stream& stream) {
    api_->stop();
    EXPECT_TRUE(test::run_until(io_, [&] { return stream.ended; }));
  }

  asio::io_context io_{1};
  test::TempDir dir_;
  test::FakeFleet fleet_;
  ApiOptions options_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpClient> tcp_, unix_;
};

TEST_F(ApiHttpTest, AnswersReadsOnBoth) {
  start();
  for (auto* client : {tcp_.get(), unix_.get()}) {
    for (const auto* path : {"/api/v1/nodes", "/api/v1/nodes/worker1", "/api/v1/fleet",
                             "/api/v1/nodes/worker1/explanation", "/healthz", "/readyz"}) {
      const auto response = get(*client, path);
      EXPECT_EQ(response.status, 200) << path;
      EXPECT_EQ(response.header("Content-Type"), "application/json") << path;
      EXPECT_TRUE(json::parse(response.body).is_object()) << path;
    }
  }
  EXPECT_NE(get(*tcp_, "/metrics").body.find("ecokube_node_state"), std::string::npos);
}

TEST_F(ApiHttpTest, ChangesAreForTheUnixSocketOnly) {
  start();
  const auto refused = post(*tcp_, "/api/v1/nodes/worker2/wake", "{}");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
  EXPECT_NE(refused.body.find("api.sock"), std::string::npos);
  EXPECT_TRUE(fleet_.posted.empty());
  EXPECT_EQ(get(*tcp_, "/api/v1/wake-bundle").status, 403)
      << "it says who logs in to BMCs, and how";
  EXPECT_EQ(get(*unix_, "/api/v1/wake-bundle").status, 200);

  EXPECT_EQ(post(*unix_, "/api/v1/nodes/worker2/wake", R"({"reason": "x"})").status, 202);
  EXPECT_EQ(fleet_.posted.size(), 1U);
  struct stat facts{};
  ASSERT_EQ(::stat(options_.socket.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(ApiHttpTest, RefusesWithProblems) {
  start();
  EXPECT_EQ(get(*tcp_, "/nowhere").status, 404);
  EXPECT_EQ(get(*tcp_, "/api/v1/nodes/worker9").status, 404);
  const auto method = post(*unix_, "/api/v1/nodes", "{}");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("Allow"), "GET");
  const std::string large(20'000, ' ');
  EXPECT_EQ(post(*unix_, "/api/v1/nodes/worker1/hold", large).status, 413);
  EXPECT_TRUE(fleet_.posted.empty());
}

TEST_F(ApiHttpTest, IsNotReadyUntilTheClusterIsInView) {
  fleet_.world_value.cluster_ok = false;
  fleet_.world_value.cluster_problem = "connection refused";
  start();
  const auto response = get(*tcp_, "/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("connection refused"), std::string::npos);
  EXPECT_EQ(get(*tcp_, "/healthz").status, 200);
}

TEST_F(ApiHttpTest, StreamsWhatHappensAndKeepsTheConnectionAlive) {
  fleet_.tell(test::event(1, "state", "before"));
  start();
  Stream stream;
  follow(stream);
  ASSERT_TRUE(comes(stream, "retry:"));
  fleet_.tell(test::event(2, "state", "Ready -> Draining"));
  ASSERT_TRUE(comes(stream, "id: 2\nevent: state\ndata: {\"id\":2,"));
  EXPECT_NE(stream.got.find("Ready -> Draining"), std::string::npos);
  EXPECT_EQ(stream.got.find("before"), std::string::npos);
  EXPECT_TRUE(comes(stream, ": keep-alive"));
  end(stream);
  EXPECT_TRUE(fleet_.listeners.empty());
}

TEST_F(ApiHttpTest, GoesOnAfterTheLastEventSeen) {
  for (std::uint64_t id = 1; id <= 4; ++id) fleet_.tell(test::event(id, "state", "n"));
  start();
  Stream stream;
  follow(stream, {{"Last-Event-ID", "2"}});
  ASSERT_TRUE(comes(stream, "id: 4"));
  EXPECT_NE(stream.got.find("id: 3"), std::string::npos);
  EXPECT_EQ(stream.got.find("id: 2\n"), std::string::npos);
  end(stream);
}

TEST_F(ApiHttpTest, SaysThatEventsWereMissed) {
  fleet_.kept = {test::event(7, "state", "n")};
  start();
  Stream stream;
  follow(stream, {{"Last-Event-ID", "2"}});
  ASSERT_TRUE(comes(stream, "id: 7"));
  EXPECT_NE(stream.got.find("event: gap\ndata: {\"first_kept_id\": 7}"), std::string::npos);
  end(stream);
}

TEST_F(ApiHttpTest, BeginsAnewWhenTheCoordinatorWasRestarted) {
  fleet_.kept = {test::event(1, "state", "new")};
  start();
  Stream stream;
  follow(stream, {{"Last-Event-ID", "900"}});
  EXPECT_TRUE(comes(stream, "id: 1"));
  end(stream);
}

TEST_F(ApiHttpTest, CutsAClientThatIsTooSlow) {
  start();
  Stream stream;
  follow(stream);
  ASSERT_TRUE(comes(stream, "retry:"));
  // More than the queue holds before the stream gets its turn.
  for (std::uint64_t id = 1; id <= 20; ++id) fleet_.tell(test::event(id, "state", "n"));
  EXPECT_TRUE(test::run_until(io_, [&] { return stream.ended; }));
  EXPECT_NE(stream.got.find("too slow"), std::string::npos) << stream.got;
}

TEST_F(ApiHttpTest, GivesKeptEventsAsADocument) {
  fleet_.tell(test::event(1, "state", "n"));
  fleet_.tell(test::event(2, "state", "n"));
  start();
  HttpRequest request;
  request.target = "/api/v1/events?after=1";
  request.headers = {{"Accept", "application/json"}};
  const auto response = send(*tcp_, std::move(request));
  const auto events = json::parse(response.body).at("events").as_array();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].at("id"), 2);
  EXPECT_EQ(get(*tcp_, "/api/v1/events?after=x").status, 400);
}

TEST_F(ApiHttpTest, ABusyPortIsAClearError) {
  start();
  auto options = options_;
  options.port = api_->port();
  options.socket = dir_ / "other.sock";
  const auto second = make_api(io_.get_executor(), options, fleet_);
  const auto started = second->start();
  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().message.find(std::to_string(api_->port())), std::string::npos);
}

}  // namespace
}  // namespace ecokube
