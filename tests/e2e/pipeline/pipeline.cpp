#include "tests/e2e/pipeline/pipeline.h"

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <csignal>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "common/host_port.h"
#include "coordinator/kafka/lag_probe.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::milliseconds kUploadEvery{100};
constexpr std::chrono::seconds kStartLimit{60};
constexpr std::chrono::milliseconds kExitLimit{20000};
constexpr const char* kTopic = "video-processing";
constexpr const char* kGroup = "eco-worker-group";

asio::awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

HttpRequest request_of(std::string method, std::string target, std::string body) {
  return {.method = std::move(method),
          .target = std::move(target),
          .headers = {{"Content-Type", "application/octet-stream"}},
          .body = std::move(body)};
}

std::string job_id_of(const HttpResponse& accepted) {
  return std::string(boost::json::parse(accepted.body).at("job_id").as_string());
}

asio::awaitable<void> keep_uploading(std::shared_ptr<HttpClient> client,
                                     std::shared_ptr<Uploads> uploads) {
  while (!uploads->stop) {
    auto request = request_of("POST", "/upload", "clip");
    const auto answer = co_await client->request(std::move(request));
    if (answer && answer->status == 201) {
      uploads->accepted.push_back(job_id_of(*answer));
    } else {
      ++uploads->refused;
    }
    co_await pause(kUploadEvery);
  }
  uploads->ended = true;
}

std::string program(const char* name) { return std::string(ECOKUBE_BIN_DIR) + "/" + name; }

}  // namespace

Pipeline::Pipeline() : broker_command_(broker_command(dir_.path())) {
  const auto address_file = (dir_ / "broker.address").string();
  broker_command_.insert(broker_command_.end(),
                         {"--topic", kTopic, "--partitions", "10", "--address-file", address_file});
  restart_broker();
  children_.push_back(start(
      "upload",
      {program("eco-upload"), "--listen", "127.0.0.1:0", "--data-dir", (dir_ / "data").string(),
       "--bootstrap", bootstrap_, "--topic", kTopic, "--ack-limit-ms", "1500", "--address-file",
       (dir_ / "upload.address").string(), "--event-log", (dir_ / "events.jsonl").string()}));
  auto url = parse_http_url(wait_for_address("upload.address") + "/");
  if (!url) throw std::runtime_error(url.error().message);
  client_ = make_http_client(io_.get_executor(), url->first);
}

std::unique_ptr<ChildProcess> Pipeline::start(const std::string& name,
                                              std::vector<std::string> argv) {
  ChildOptions options;
  options.argv = std::move(argv);
  options.output_file = dir_ / (name + ".log");
  options.die_with_parent = true;
  auto child = start_child(io_.get_executor(), options);
  if (!child) throw std::runtime_error(child.error().message);
  return std::move(*child);
}

std::string Pipeline::wait_for_address(const std::string& file) {
  std::string address;
  const bool came = wait_until(
      [&] {
        std::istringstream(read_text(dir_ / file)) >> address;
        return !address.empty();
      },
      kStartLimit);
  if (!came) throw std::runtime_error("no " + file + " in time");
  return address;
}

ChildProcess& Pipeline::start_worker(const std::string& name, std::vector<std::string> arguments) {
  std::vector<std::string> argv{program("eco-worker"),
                                "--bootstrap",
                                bootstrap_,
                                "--topic",
                                kTopic,
                                "--group",
                                kGroup,
                                "--worker-id",
                                name,
                                "--session-timeout-ms",
                                "4000",
                                "--event-log",
                                (dir_ / "events.jsonl").string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  children_.push_back(start(name, std::move(argv)));
  return *children_.back();
}

void Pipeline::kill_broker() {
  broker_->signal_group(SIGKILL);
  exit_status(*broker_);
  const auto address = parse_host_port(bootstrap_);
  if (!address) throw std::runtime_error(address.error().message);
  const asio::ip::tcp::endpoint there(asio::ip::make_address(address->host), address->port);
  const bool gone = wait_until([&] {
    boost::system::error_code error;
    asio::ip::tcp::socket(io_).connect(there, error);
    return error == asio::error::connection_refused;
  });
  if (!gone) throw std::runtime_error("somebody still listens at " + bootstrap_);
  std::filesystem::remove(dir_ / "broker.address");
}

void Pipeline::restart_broker() {
  broker_ = start("broker", broker_command_);
  bootstrap_ = wait_for_address("broker.address");
}

HttpResponse Pipeline::ask(std::string method, std::string target, std::string body) {
  auto request = request_of(std::move(method), std::move(target), std::move(body));
  auto answer = run(io_, client_->request(std::move(request)));
  if (!answer) throw std::runtime_error(answer.error().message);
  return std::move(*answer);
}

HttpResponse Pipeline::upload(std::string video) {
  return ask("POST", "/upload", std::move(video));
}

std::string Pipeline::upload_job(std::string video) {
  const auto answer = upload(std::move(video));
  if (answer.status != 201) throw std::runtime_error("upload: " + answer.body);
  return job_id_of(answer);
}

std::shared_ptr<Uploads> Pipeline::start_uploads() {
  auto uploads = std::make_shared<Uploads>();
  asio::co_spawn(io_, keep_uploading(client_, uploads), [](std::exception_ptr unforeseen) {
    if (unforeseen) std::rethrow_exception(unforeseen);
  });
  return uploads;
}

std::int64_t Pipeline::result_count() {
  return boost::json::parse(ask("GET", "/results", {}).body).at("count").to_number<std::int64_t>();
}

bool Pipeline::has_result(const std::string& job_id) {
  return ask("GET", "/results/" + job_id, {}).status == 200;
}

std::int64_t Pipeline::lag() {
  auto probe = LagProbe::open(bootstrap_, kTopic, kGroup);
  if (!probe) throw std::runtime_error(probe.error().message);
  const std::atomic<bool> never = false;
  const auto seen = probe->read(never);
  if (!seen) throw std::runtime_error(seen.error().message);
  return seen->lag;
}

std::vector<boost::json::object> Pipeline::events(std::string_view event) const {
  std::vector<boost::json::object> found;
  std::istringstream lines(read_text(dir_ / "events.jsonl"));
  // A line without its end is just being written.
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    auto value = boost::json::parse(line).as_object();
    if (value.at("event").as_string() == event) found.push_back(std::move(value));
  }
  return found;
}

bool Pipeline::wait_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    run(io_, pause(kLook));
  }
  return true;
}

int Pipeline::exit_status(ChildProcess& child) {
  const auto status = run(io_, child.wait(kExitLimit));
  return status.value_or(-1);
}

}  // namespace ecokube::test
