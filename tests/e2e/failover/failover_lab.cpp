#include "tests/e2e/failover/failover_lab.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "common/boot_clock.h"
#include "coordinator/core/marks.h"
#include "coordinator/kubernetes/json_access.h"
#include "lab/bmc/simulated_bmc.h"
#include "lab/machine/power_socket.h"
#include "tests/support/must.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::chrono::milliseconds kLook{20};
constexpr const char* kPods = "/api/v1/namespaces/default/pods";

std::string program(const std::string& name) { return fmt::format("{}/{}", ECOKUBE_BIN_DIR, name); }

json::object nap() {
  return {{"name", "nap"},
          {"image", "nap"},
          {"command", json::array{"sleep", "600"}},
          {"resources", {{"requests", {{"cpu", "200m"}}}}}};
}

}  // namespace

FailoverLab::FailoverLab(Bmcs bmcs) {
  hanging_ = bmcs == Bmcs::hanging;
  if (bmcs != Bmcs::none) {
    for (const char* name : {"w1", "w2"}) bmc_ports_[name] = must(lab::free_udp_port());
  }
  cluster_ = make_cluster(io_);
  admin_ = must(kubernetes::ApiClient::make(
      io_.get_executor(), must(kubernetes::read_kubeconfig(cluster_->kubeconfig()))));
  proxy_ = std::make_unique<FlakyProxy>(io_, "127.0.0.1", cluster_->port());
  ca_ = must(lab::make_ca(dir_.path(), "ca"));
  for (const char* name : {"a", "b"}) {
    write_coordinator(name);
  }
  make_machine("w1", 1);
  make_machine("w2", 2);
  for (int number = 1; const auto& [name, port] : bmc_ports_) make_bmc(name, number++);
  start_coordinator("a");
  if (!becomes([&] { return leads("a"); })) throw std::runtime_error(log("a"));
  start_coordinator("b");
  for (const char* coordinator : {"a", "b"}) {
    for (const char* node : {"w1", "w2"}) {
      const bool ready = becomes([&] { return state(coordinator, node) == "Ready"; });
      if (!ready)
        throw std::runtime_error(std::string(node) + " is not Ready\n" + log(coordinator));
    }
  }
}

FailoverLab::~FailoverLab() = default;

std::unique_ptr<ChildProcess> FailoverLab::start(const std::string& log,
                                                 std::vector<std::string> argv) {
  ChildOptions options;
  options.argv = std::move(argv);
  options.argv.front() = program(options.argv.front());
  options.output_file = dir_ / (log + ".log");
  options.die_with_parent = true;
  return must(start_child(io_.get_executor(), options));
}

void FailoverLab::start_coordinator(const std::string& name) {
  auto& coordinator = coordinators_[name];
  coordinator.process = start(name, {"ecokube-coordinator", "--config", dir_ / (name + ".toml")});
  HttpEndpoint endpoint;
  endpoint.unix_path = dir_ / (name + ".sock");
  HttpLimits limits;
  limits.response_timeout = std::chrono::milliseconds(500);  // a stopped one does not answer
  coordinator.api = make_http_client(io_.get_executor(), std::move(endpoint), limits);
}

void FailoverLab::signal(const std::string& coordinator, int signal) {
  coordinators_.at(coordinator).process->signal_group(signal);
}

void FailoverLab::kill(const std::string& coordinator) {
  signal(coordinator, SIGKILL);
  (void)run(io_, coordinators_.at(coordinator).process->wait(kRunLimit));
}

void FailoverLab::delete_database(const std::string& coordinator) {
  if (std::filesystem::remove_all(dir_ / (coordinator + "-state")) == 0) {
    throw std::runtime_error("there was no database of " + coordinator);
  }
}

void FailoverLab::let_hooks_wait(const std::string& node) {
  const auto hook =
      dir_.write(node + "/shutdown.d/10-wait",
                 fmt::format("#!/bin/sh\nwhile [ ! -e {}/go-on ]; do sleep 0.02; done\n",
                             (dir_ / node).string()));
  std::filesystem::permissions(hook, std::filesystem::perms(0755));
}

void FailoverLab::press(const std::string& node, const std::string& button) {
  (void)must(lab::ask_machine(dir_ / node, button, std::chrono::seconds(5)));
}

void FailoverLab::deafen(const std::string& node) {
  dir_.write(node + "/sys/class/net/eth0/device/power/wakeup", "disabled\n");
}

std::string FailoverLab::bmc_orders(const std::string& node) const {
  return read_text(dir_ / (node + "/bmc/orders"));
}

std::string FailoverLab::bmc_done(const std::string& node) const {
  return read_text(dir_ / (node + "/bmc/done"));
}

void FailoverLab::prove_wake(const std::string& node) {
  const RealClock clock;
  json::object patch{
      {"metadata", {{"annotations", {{names::kWakeProof, core::format_wake_proof(clock.now())}}}}}};
  must(run(io_, admin_->merge_patch("/api/v1/nodes/" + node, json::value(std::move(patch)))));
}

void FailoverLab::create_pod(const std::string& name, const std::string& node) {
  json::object pod{{"apiVersion", "v1"},
                   {"kind", "Pod"},
                   {"metadata", {{"name", name}}},
                   {"spec",
                    {{"nodeSelector", {{"kubernetes.io/hostname", node}}},
                     {"terminationGracePeriodSeconds", 1},
                     {"containers", json::array{nap()}}}}};
  must(run(io_, admin_->create(kPods, json::value(std::move(pod)))));
}

void FailoverLab::delete_pod(const std::string& name) {
  must(run(io_, admin_->remove(std::string(kPods) + "/" + name, nullptr)));
}

void FailoverLab::create_service(const std::string& name, int available) {
  const json::object labels{{"app", name}};
  const json::object selector{{"matchLabels", labels}};
  json::object spec{{"terminationGracePeriodSeconds", 1}, {"containers", json::array{nap()}}};
  json::object deployment{
      {"apiVersion", "apps/v1"},
      {"kind", "Deployment"},
      {"metadata", {{"name", name}}},
      {"spec",
       {{"replicas", 2},
        {"selector", selector},
        {"template", {{"metadata", {{"labels", labels}}}, {"spec", std::move(spec)}}}}}};
  json::object budget{{"apiVersion", "policy/v1"},
                      {"kind", "PodDisruptionBudget"},
                      {"metadata", {{"name", name}}},
                      {"spec", {{"minAvailable", available}, {"selector", selector}}}};
  must(run(io_, admin_->create("/apis/apps/v1/namespaces/default/deployments",
                               json::value(std::move(deployment)))));
  must(run(io_, admin_->create("/apis/policy/v1/namespaces/default/poddisruptionbudgets",
                               json::value(std::move(budget)))));
}

int FailoverLab::replicas_on(const std::string& service, const std::string& node) {
  const auto list =
      must(run(io_, admin_->get(kPods + std::string("?labelSelector=app%3D") + service)));
  int running = 0;
  for (const auto& item : list.at("items").as_array()) {
    const auto& pod = item.as_object();
    const bool there = kubernetes::find_text(pod, {"spec", "nodeName"}) == node;
    const bool leaves = !kubernetes::find_text(pod, {"metadata", "deletionTimestamp"}).empty();
    const bool runs = kubernetes::find_text(pod, {"status", "phase"}) == "Running";
    if (there && runs && !leaves) ++running;
  }
  return running;
}

bool FailoverLab::pod_runs(const std::string& name) {
  const auto pod = run(io_, admin_->get(std::string(kPods) + "/" + name));
  return pod && kubernetes::find_text(pod->as_object(), {"status", "phase"}) == "Running";
}

json::object FailoverLab::kube_node(const std::string& name) {
  auto node = must(run(io_, admin_->get("/api/v1/nodes/" + name)));
  return std::move(node.as_object());
}

bool FailoverLab::marked(const std::string& node) {
  return !kubernetes::annotation_of(kube_node(node), names::kIntent).empty();
}

HttpResponse FailoverLab::ask(const std::string& coordinator, HttpRequest request) {
  auto& api = coordinators_.at(coordinator).api;
  const auto answer = run(io_, api->request(std::move(request)));
  return answer.value_or(HttpResponse{});
}

json::object FailoverLab::get(const std::string& coordinator, const std::string& path) {
  const auto answer = ask(coordinator, {.target = path, .headers = {}, .body = {}});
  return answer.status == 200 ? json::parse(answer.body).as_object() : json::object();
}

json::object FailoverLab::fleet(const std::string& coordinator) {
  return get(coordinator, "/api/v1/fleet");
}

std::string FailoverLab::state(const std::string& coordinator, const std::string& node) {
  const auto document = get(coordinator, "/api/v1/nodes/" + node);
  return std::string(kubernetes::find_text(document, {"state"}));
}

bool FailoverLab::leads(const std::string& coordinator) {
  const auto document = fleet(coordinator);
  return !document.empty() && document.at("lease").at("held").as_bool();
}

HttpResponse FailoverLab::post(const std::string& coordinator, const std::string& path,
                               const std::string& body) {
  return ask(coordinator, {.method = "POST", .target = path, .headers = {}, .body = body});
}

bool FailoverLab::becomes(const std::function<bool()>& so) {
  const auto until = std::chrono::steady_clock::now() + kRunLimit;
  while (!so()) {
    if (std::chrono::steady_clock::now() > until) return false;
    pass(kLook);
  }
  return true;
}

void FailoverLab::pass(std::chrono::milliseconds time) {
  io_.restart();
  io_.run_for(time);
}

lab::History FailoverLab::history() const {
  return lab::fold(lab::parse_truth_log(read_text(dir_ / "truth.jsonl")));
}

std::string FailoverLab::machine_state(const std::string& node) const {
  const auto states = history().machines[node].states;
  return states.empty() ? "" : states.back().state;
}

std::size_t FailoverLab::said(const std::string& program, const std::string& text) const {
  std::istringstream lines(log(program));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(text) != std::string::npos) ++count;
  }
  return count;
}

std::string FailoverLab::log(const std::string& program) const {
  return read_text(dir_ / (program + ".log"));
}

}  // namespace ecokube::test
