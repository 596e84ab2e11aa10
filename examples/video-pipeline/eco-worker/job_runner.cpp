#include "examples/video-pipeline/eco-worker/job_runner.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <exception>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "common/backoff.h"
#include "common/http_client.h"
#include "common/log.h"
#include "examples/video-pipeline/job/sha256.h"

namespace ecokube::video {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::milliseconds kRetryBase{200};
constexpr std::chrono::milliseconds kRetryMax{5000};
constexpr int kReadsMax = 5;
constexpr std::size_t kVideoBytesMax = 1UL << 30;

class HttpJobRunner : public JobRunner {
 public:
  HttpJobRunner(JobRunnerSettings settings, JsonLines& events, std::function<void()> on_end)
      : settings_(std::move(settings)), events_(events), on_end_(std::move(on_end)) {
    thread_ = std::thread([this] { io_.run(); });
  }
  ~HttpJobRunner() override {
    HttpJobRunner::abandon();
    asio::post(io_, [this] { work_.reset(); });
    thread_.join();
  }
  HttpJobRunner(const HttpJobRunner&) = delete;
  HttpJobRunner& operator=(const HttpJobRunner&) = delete;

  void start(Job job) override {
    asio::post(io_, [this, job = std::move(job)]() mutable { spawn(std::move(job)); });
  }

  [[nodiscard]] std::optional<JobEnd> take_end() override {
    const std::scoped_lock lock(mutex_);
    return std::exchange(end_, std::nullopt);
  }

  void abandon() override {
    asio::post(io_, [this] { cancel_.emit(asio::cancellation_type::terminal); });
  }

 private:
  void spawn(Job job) {
    // A pipeline has one service, so one client with its open connection; another URL gets another.
    const auto where = parse_http_url(job.url);
    if (!where) {
      log::error("job refused job_id={} why=\"{}\"", job.job_id, where.error().message);
      ended(JobEnd::refused);
      return;
    }
    if (!client_ || where->first.text() != origin_) {
      origin_ = where->first.text();
      client_ =
          make_http_client(io_.get_executor(), where->first, {.body_bytes_max = kVideoBytesMax});
    }
    auto running = run(client_, where->second, std::move(job));
    asio::co_spawn(io_, std::move(running),
                   asio::bind_cancellation_slot(
                       cancel_.slot(), [this](const std::exception_ptr& error, JobEnd end) {
                         ended(error ? JobEnd::abandoned : end);
                       }));
  }

  void ended(JobEnd end) {
    {
      const std::scoped_lock lock(mutex_);
      end_ = end;
    }
    on_end_();
  }

  asio::awaitable<JobEnd> run(std::shared_ptr<HttpClient> client, std::string video, Job job) {
    const std::string result = "/results/" + job.job_id;
    HttpRequest question{.method = "GET", .target = result, .headers = {}, .body = {}};
    auto asking = ask(client, std::move(question));
    auto known = co_await std::move(asking);
    if (known.status == 200) {
      events_.write("job_redelivered", {{"job_id", job.job_id}});
      co_return JobEnd::existed;
    }
    events_.write("job_started", {{"job_id", job.job_id}});
    auto fetching = fetch(client, video, job);
    const auto fetched = co_await std::move(fetching);
    if (fetched == 404) {
      events_.write("job_without_video", {{"job_id", job.job_id}});
      co_return JobEnd::without_video;
    }
    if (fetched == 200) {
      asio::steady_timer work(io_, settings_.job_time);
      co_await work.async_wait(asio::use_awaitable);
    }
    auto storing = store(client, result, job, fetched == 200);
    co_return co_await std::move(storing);
  }

  /// 200: here and whole; 404: not there; 0: never whole, however often it was read.
  asio::awaitable<int> fetch(std::shared_ptr<HttpClient> client, std::string target, Job job) {
    for (int reads = 0; reads < kReadsMax; ++reads) {
      HttpRequest request{.method = "GET", .target = target, .headers = {}, .body = {}};
      auto asking = ask(client, std::move(request));
      auto video = co_await std::move(asking);
      if (video.status == 404) co_return 404;
      if (video.status == 200 && video.body.size() == job.bytes &&
          sha256_hex(video.body) == job.sha256) {
        co_return 200;
      }
      log::warn("video is not what the record says job_id={} status={} bytes={} expected={}",
                job.job_id, video.status, video.body.size(), job.bytes);
      auto pausing =
          sleep(next_delay(static_cast<unsigned>(reads) + 1, random_(), kRetryBase, kRetryMax));
      co_await std::move(pausing);
    }
    co_return 0;
  }

  asio::awaitable<JobEnd> store(std::shared_ptr<HttpClient> client, std::string target, Job job,
                                bool good) {
    boost::json::object body{{"job_id", job.job_id},
                             {"worker", settings_.worker_id},
                             {"status", good ? "done" : "failed"},
                             {"bytes", job.bytes},
                             {"sha256", job.sha256}};
    if (!good) body["why"] = "the video does not match its checksum";
    HttpRequest request{.method = "PUT",
                        .target = std::move(target),
                        .headers = {{"If-None-Match", "*"},
                                    {"Content-Type", "application/json"},
                                    {"Eco-Worker", settings_.worker_id}},
                        .body = boost::json::serialize(body)};
    auto asking = ask(client, std::move(request));
    const auto answer = co_await std::move(asking);
    JobEnd end = JobEnd::refused;
    if (answer.status >= 200 && answer.status < 300) end = JobEnd::stored;
    if (answer.status == 412) end = JobEnd::existed;
    if (answer.status == 404) end = JobEnd::without_video;
    if (end == JobEnd::refused) {
      log::error("result refused job_id={} status={} body=\"{}\"", job.job_id, answer.status,
                 answer.body);
    }
    events_.write("job_done", {{"job_id", job.job_id}, {"end", to_string(end)}});
    co_return end;
  }

  /// An answer that decides something: asked again while the service is away or in trouble.
  asio::awaitable<HttpResponse> ask(std::shared_ptr<HttpClient> client, HttpRequest request) {
    for (unsigned attempt = 1;; ++attempt) {
      auto copy = request;
      auto asking = client->request(std::move(copy));
      auto answer = co_await std::move(asking);
      if (answer && answer->status < 500 && answer->status != 429) co_return std::move(*answer);
      if (attempt == 1) {
        log::warn("service in trouble, asked again url={}{} why=\"{}\"", origin_, request.target,
                  answer ? "status " + std::to_string(answer->status) : answer.error().message);
      }
      auto pausing = sleep(next_delay(attempt, random_(), kRetryBase, kRetryMax));
      co_await std::move(pausing);
    }
  }

  asio::awaitable<void> sleep(std::chrono::milliseconds time) {
    asio::steady_timer timer(io_, time);
    co_await timer.async_wait(asio::use_awaitable);
  }

  const JobRunnerSettings settings_;
  JsonLines& events_;
  std::function<void()> on_end_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};

  // Of the runner's thread alone.
  asio::cancellation_signal cancel_;
  std::shared_ptr<HttpClient> client_;
  std::string origin_;
  std::minstd_rand random_{std::random_device{}()};

  std::mutex mutex_;
  std::optional<JobEnd> end_;
  std::thread thread_;
};

}  // namespace

std::string_view to_string(JobEnd end) {
  switch (end) {
    case JobEnd::stored: return "stored";
    case JobEnd::existed: return "existed";
    case JobEnd::without_video: return "without_video";
    case JobEnd::refused: return "refused";
    case JobEnd::abandoned: return "abandoned";
  }
  return "?";
}

std::unique_ptr<JobRunner> make_job_runner(JobRunnerSettings settings, JsonLines& events,
                                           std::function<void()> on_end) {
  return std::make_unique<HttpJobRunner>(std::move(settings), events, std::move(on_end));
}

}  // namespace ecokube::video
