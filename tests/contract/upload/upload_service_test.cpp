#include "examples/video-pipeline/eco-upload/upload_service.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "common/http_client.h"
#include "examples/video-pipeline/job/job.h"
#include "lab/broker/mock_broker.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::video {
namespace {

constexpr std::uint64_t kSizeLimit = 100'000;
constexpr int kPartitions = 5;

/// The service on loopback with a broker of its own.
class UploadServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto broker = lab::start_mock_broker();
    ASSERT_TRUE(broker);
    broker_ = std::move(*broker);
    ASSERT_TRUE(broker_->create_topic("video", kPartitions));
    auto store = VideoStore::open(dir_.path());
    ASSERT_TRUE(store);
    store_ = std::move(*store);
    serve();
  }

  void TearDown() override {
    server_->stop();
    client_.reset();
  }

  void serve() {
    const PublisherSettings settings{.bootstrap = broker_->bootstrap(),
                                     .topic = "video",
                                     .ack_limit = std::chrono::milliseconds(1500)};
    auto publisher = make_record_publisher(io_.get_executor(), settings);
    ASSERT_TRUE(publisher);
    publisher_ = std::move(*publisher);
    auto events = JsonLines::open(dir_ / "events.jsonl", "upload");
    ASSERT_TRUE(events);
    service_ = std::make_unique<UploadService>(
        UploadSettings{.public_url = "http://videos", .size_limit_bytes = kSizeLimit}, *store_,
        *publisher_, std::move(*events));
    server_ = make_http_server(
        io_.get_executor(), [this](HttpExchange& exchange) { return service_->handle(exchange); });
    auto port = server_->listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(port);
    HttpEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = *port;
    client_ = make_http_client(io_.get_executor(), endpoint);
  }

  HttpResponse ask(std::string method, std::string target, std::string body = {},
                   HttpHeaders headers = {}) {
    HttpRequest request{.method = std::move(method),
                        .target = std::move(target),
                        .headers = std::move(headers),
                        .body = std::move(body)};
    auto answer = test::run(io_, client_->request(std::move(request)));
    if (!answer) throw std::runtime_error(answer.error().message);
    return std::move(*answer);
  }

  static std::string text(const HttpResponse& response, std::string_view key) {
    return std::string(boost::json::parse(response.body).at(key).as_string());
  }

  [[nodiscard]] std::size_t videos() const {
    namespace fs = std::filesystem;
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir_ / "videos"), {}) +
                                    std::distance(fs::directory_iterator(dir_ / "incoming"), {}));
  }

  boost::asio::io_context io_{1};
  test::TempDir dir_;
  std::unique_ptr<lab::MockBroker> broker_;
  std::unique_ptr<VideoStore> store_;
  std::unique_ptr<RecordPublisher> publisher_;
  std::unique_ptr<UploadService> service_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
};

// Goal: an accepted upload can be fetched byte for byte, and its answer says what was stored.
TEST_F(UploadServiceTest, StoresAnUploadAndItsRecord) {
  const std::string video(70'000, 'v');
  const auto answer = ask("POST", "/upload", video);
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto job_id = text(answer, "job_id");
  EXPECT_EQ(text(answer, "sha256"), sha256_hex(video));
  EXPECT_EQ(ask("GET", "/videos/" + job_id).body, video);
  EXPECT_NE(
      test::read_text(dir_ / "events.jsonl").find("\"record_acknowledged\",\"job_id\":\"" + job_id),
      std::string::npos);
}

// Goal: the page's form works too: only the file's bytes are stored.
TEST_F(UploadServiceTest, TakesAFileOfAForm) {
  const std::string body =
      "--x\r\nContent-Disposition: form-data; name=\"file\"; "
      "filename=\"a\"\r\n\r\nfilm\r\n--x--\r\n";
  const auto answer =
      ask("POST", "/upload", body, {{"Content-Type", "multipart/form-data; boundary=x"}});
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(ask("GET", "/videos/" + text(answer, "job_id")).body, "film");
  const auto broken = ask("POST", "/upload", body.substr(0, 70),
                          {{"Content-Type", "multipart/form-data; boundary=x"}});
  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(videos(), 1U);
}

// Goal: records go round over all partitions that the topic has.
TEST_F(UploadServiceTest, SpreadsRecordsOverThePartitions) {
  std::multiset<std::int64_t> used;
  for (int i = 0; i < 2 * kPartitions; ++i) {
    const auto answer = ask("POST", "/upload", "clip");
    ASSERT_EQ(answer.status, 201) << answer.body;
    used.insert(boost::json::parse(answer.body).at("partition").as_int64());
  }
  for (int p = 0; p < kPartitions; ++p) EXPECT_EQ(used.count(p), 2U) << "partition " << p;
}

// Goal: too large or empty is refused and leaves nothing behind.
TEST_F(UploadServiceTest, RefusesWhatIsTooLargeOrEmpty) {
  EXPECT_EQ(ask("POST", "/upload", std::string(kSizeLimit, 'v')).status, 201);
  EXPECT_EQ(ask("POST", "/upload", std::string(kSizeLimit + 1, 'v')).status, 413);
  EXPECT_EQ(ask("POST", "/upload", std::string(kSizeLimit * 3, 'v')).status, 413);
  EXPECT_EQ(ask("POST", "/upload", "").status, 400);
  EXPECT_EQ(videos(), 1U);
}

// Goal: a broker that is away costs the uploader a 503 and nobody a job, and it works again by
// itself after.
TEST_F(UploadServiceTest, ABrokerAwayIsA503AndLeavesNothing) {
  ASSERT_EQ(ask("POST", "/upload", "clip").status, 201);
  broker_->set_away(true);
  const auto refused = ask("POST", "/upload", "clip");
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.header("Retry-After").empty());
  EXPECT_EQ(videos(), 1U);
  broker_->set_away(false);
  HttpResponse again;
  for (int i = 0; i < 5 && again.status != 201; ++i) again = ask("POST", "/upload", "clip");
  EXPECT_EQ(again.status, 201);
}

// Goal: a job has one result, however often and by whomever it is stored.
TEST_F(UploadServiceTest, AResultIsWrittenOnce) {
  const auto job_id = text(ask("POST", "/upload", "clip"), "job_id");
  const std::string target = "/results/" + job_id;
  const HttpHeaders once{{"If-None-Match", "*"}, {"Eco-Worker", "w1"}};
  EXPECT_EQ(ask("GET", target).status, 404);
  EXPECT_EQ(ask("PUT", target, "{}").status, 428);
  EXPECT_EQ(ask("PUT", target, "no json", once).status, 400);
  EXPECT_EQ(ask("PUT", target, R"({"by":1})", once).status, 201);
  EXPECT_EQ(ask("PUT", target, R"({"by":2})", once).status, 412);
  EXPECT_EQ(ask("GET", target).body, R"({"by":1})");
  EXPECT_EQ(ask("PUT", "/results/" + new_job_id(), "{}", once).status, 404);
  const auto list = boost::json::parse(ask("GET", "/results").body);
  EXPECT_EQ(list.at("count").as_int64(), 1);
  EXPECT_EQ(list.at("job_ids").as_array().at(0).as_string(), job_id);
  const auto events = test::read_text(dir_ / "events.jsonl");
  EXPECT_NE(events.find(R"("result_stored","job_id":")" + job_id + R"(","worker":"w1")"),
            std::string::npos);
  EXPECT_NE(events.find(R"("result_refused")"), std::string::npos);
}

// Goal: paths lead to videos and results only, never elsewhere on the disk.
TEST_F(UploadServiceTest, OtherPathsAndVerbs) {
  EXPECT_EQ(ask("GET", "/").status, 200);
  EXPECT_NE(ask("GET", "/").body.find("<!doctype html>"), std::string::npos);
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/videos/..%2f..%2fetc%2fpasswd").status, 404);
  EXPECT_EQ(ask("GET", "/results/..%2fevents.jsonl").status, 404);
  EXPECT_EQ(ask("GET", "/upload").status, 405);
  EXPECT_EQ(ask("DELETE", "/results").status, 405);
}

}  // namespace
}  // namespace ecokube::video
