#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <exception>
#include <utility>

#include "common/log.h"
#include "lab/demo/lab_setup.h"
#include "lab/demo/stage.h"

namespace ecokube::lab {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// A real broker's own limit is 60 s and says more.
constexpr std::chrono::seconds kBrokerLimit{90};

/// First line of a file that its program writes when it is ready; empty until then.
std::string address_in(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return "";
  const auto text = read_file(file);
  return text ? text->substr(0, text->find('\n')) : "";
}

std::vector<std::string> broker_command(const LabLayout& lab) {
  std::vector<std::string> argv{"lab-broker"};
  if (lab.real_broker()) {
    argv = {"lab-kafka",
            "--jars",
            lab.real_kafka.string(),
            "--dir",
            (lab.folder / "kafka").string(),
            "--address",
            lab.master_address()};
  }
  argv.insert(argv.end(), {"--topic", "video-processing", "--partitions", "10", "--address-file",
                           lab.broker_address_file().string()});
  return argv;
}

json::object environment(std::string_view name, std::string_view value) {
  return {{"name", name}, {"value", value}};
}

json::object worker_deployment(const LabLayout& lab, const RunParameters& run,
                               const std::string& bootstrap) {
  // The session timeout is short because the embedded broker, unlike a real one, needs about that
  // long to notice a member that left.
  json::object container{
      {"name", "eco-worker"},
      {"image", "eco-worker"},
      {"command", json::array{lab.program("eco-worker")}},
      {"env", json::array{environment("ECO_BOOTSTRAP", bootstrap),
                          environment("ECO_JOB_SECONDS", fmt::format("{:g}", run.job_s)),
                          environment("ECO_SESSION_TIMEOUT_MS", "4000"),
                          environment("ECO_METADATA_REFRESH_MS", "1000"),
                          environment("ECO_EVENT_LOG", lab.truth_log().string())}},
      {"resources", {{"requests", {{"cpu", "200m"}, {"memory", "64Mi"}}}}}};
  const json::object labels{{"app", "eco-worker"}};
  return {{"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", {{"name", "eco-worker"}, {"namespace", "default"}}},
          {"spec",
           {{"replicas", 0},
            {"selector", {{"matchLabels", labels}}},
            {"template",
             {{"metadata", {{"labels", labels}}},
              {"spec",
               {{"terminationGracePeriodSeconds", 30},
                {"containers", json::array{std::move(container)}}}}}}}}};
}

}  // namespace

Stage::Stage(asio::any_io_executor executor, const DemoOptions& options, const LabLayout& lab,
             Progress& progress)
    : executor_(executor),
      options_(options),
      lab_(lab),
      progress_(progress),
      processes_(std::move(executor), lab) {}

asio::awaitable<Result<void>> Stage::start() {
  progress_.say("setting up the lab in " + lab_.folder.string());
  if (auto done = set_up_lab(lab_, options_.run); !done) co_return done;
  if (auto done = co_await start_cluster(); !done) co_return done;
  if (auto done = co_await start_pipeline(); !done) co_return done;
  if (auto done = co_await start_machines(); !done) co_return done;
  co_return co_await start_coordinator();
}

asio::awaitable<Result<void>> Stage::start_pipeline() {
  progress_.say(fmt::format("starting {} and the upload service",
                            lab_.real_broker() ? "a real Kafka broker" : "the embedded broker"));
  const auto file = lab_.broker_address_file();
  auto broker = broker_command(lab_);
  const std::string program = broker.front();
  if (auto done = processes_.start(program, std::move(broker)); !done) co_return done;
  Condition broker_ready = [&] { return !(bootstrap_ = address_in(file)).empty(); };
  auto ready = co_await wait_until("the broker to be ready", kBrokerLimit, std::move(broker_ready));
  if (!ready) co_return ready;

  const auto url_file = lab_.upload_address_file();
  std::vector<std::string> upload{"eco-upload",
                                  "--listen",
                                  lab_.master_address() + ":0",
                                  "--data-dir",
                                  (lab_.folder / "uploads").string(),
                                  "--bootstrap",
                                  bootstrap_,
                                  "--address-file",
                                  url_file.string(),
                                  "--event-log",
                                  lab_.truth_log().string()};
  if (auto done = processes_.start("eco-upload", std::move(upload)); !done) co_return done;
  Condition upload_ready = [&] { return !(upload_url_ = address_in(url_file)).empty(); };
  co_return co_await wait_until("the upload service to be ready", kStartLimit,
                                std::move(upload_ready));
}

asio::awaitable<Result<void>> Stage::start_machines() {
  progress_.say("switching three machines on");
  observer_ = std::make_unique<Observer>(executor_, lab_, options_.run.jobs);
  asio::co_spawn(executor_, observer_->watch(progress_), log::thrown("watching the run failed"));
  phase("the machines boot");
  for (const LabNode& node : kLabNodes) {
    std::vector<std::string> argv{"lab-machine", "--config",
                                  (lab_.machine(node.name) / "machine.toml").string()};
    auto done = processes_.start(fmt::format("lab-machine-{}", node.name), std::move(argv));
    if (!done) co_return done;
  }
  Condition all_on = [this] {
    return std::ranges::all_of(
        kLabNodes, [&](const auto& node) { return observer_->machine_state(node.name) == "on"; });
  };
  co_return co_await wait_until("three machines to boot", time_for_boots(), std::move(all_on));
}

asio::awaitable<Result<void>> Stage::start_coordinator() {
  if (auto done = co_await create_deployment(); !done) co_return done;
  if (auto done = write_coordinator_config(lab_, options_.run, bootstrap_); !done) co_return done;
  progress_.say("starting the coordinator");
  std::vector<std::string> argv{"ecokube-coordinator", "--config",
                                lab_.coordinator_config().string()};
  if (auto done = processes_.start("ecokube-coordinator", std::move(argv)); !done) co_return done;
  phase("the nodes join");
  Condition all_ready = [this] {
    return std::ranges::all_of(kLabNodes, [&](const auto& node) {
      const auto found = observer_->nodes().find(std::string(node.name));
      return found != observer_->nodes().end() && found->second.state == "Ready" &&
             found->second.connected && found->second.kubernetes_ready;
    });
  };
  auto done = co_await wait_until("three nodes to be Ready with their agents", time_for_boots(),
                                  std::move(all_ready));
  if (done) progress_.say("three nodes are on and idle");
  co_return done;
}

asio::awaitable<Result<void>> Stage::create_deployment() {
  json::value deployment = worker_deployment(lab_, options_.run, bootstrap_);
  auto made = co_await cluster_->call("POST", "/apis/apps/v1/namespaces/default/deployments",
                                      std::move(deployment));
  if (!made) co_return fail_while("creating the Deployment eco-worker", made.error());
  co_return Result<void>{};
}

}  // namespace ecokube::lab
