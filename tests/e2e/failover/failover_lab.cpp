#include "tests/e2e/failover/failover_lab.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <cmath>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "coordinator/kubernetes/json_access.h"
#include "lab/bmc/simulated_bmc.h"
#include "lab/machine/power_socket.h"
#include "tests/support/must.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

}  // namespace

FailoverLab::FailoverLab(FailoverOptions options) : options_(options) {
  if (options_.bmcs != Bmcs::none && !in_other_ways()) {
    for (int i = 1; i <= options_.workers; ++i) {
      bmc_ports_[fmt::format("w{}", i)] = must(lab::free_udp_port());
    }
  }
  cluster_ = make_cluster(io_);
  admin_ = must(kubernetes::ApiClient::make(
      io_.get_executor(), must(kubernetes::read_kubeconfig(cluster_->kubeconfig()))));
  proxy_ = std::make_unique<FlakyProxy>(io_, "127.0.0.1", cluster_->port());
  free_lease();
  ca_ = must(lab::make_ca(dir_.path(), "ca"));
  if (in_other_ways()) {
    make_redfish("w1", 1);
    make_power_program("w2", 2);
  }
  for (const char* name : {"a", "b"}) {
    write_coordinator(name);
  }
  for (int i = 1; i <= options_.workers; ++i) {
    nodes_.push_back(fmt::format("w{}", i));
    make_machine(nodes_.back(), i);
    power_on(nodes_.back());
    if (bmc_ports_.contains(nodes_.back())) make_bmc(nodes_.back(), i);
  }
  start_coordinator("a");
  if (!becomes([&] { return leads("a"); })) throw std::runtime_error(log("a"));
  start_coordinator("b");
  if (options_.prove_wakes) return;  // they are about to go down
  for (const char* coordinator : {"a", "b"}) {
    for (const auto& node : nodes_) {
      const bool ready = becomes([&] { return state(coordinator, node) == "Ready"; });
      if (!ready) throw std::runtime_error(node + " is not Ready\n" + log(coordinator));
    }
  }
}

void FailoverLab::power_on(const std::string& node) {
  machines_[node] =
      start(node + "-machine", {"lab-machine", "--config", dir_ / node / "machine.toml"});
}

void FailoverLab::lose_power(const std::string& node) {
  machines_.at(node)->signal_group(SIGKILL);
  (void)run(io_, machines_.at(node)->wait(kRunLimit));
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

std::string FailoverLab::watts_source(const std::string& coordinator, const std::string& node) {
  const auto document = get(coordinator, "/api/v1/nodes/" + node);
  const auto* watts = kubernetes::find(document, {"power_watts"});
  if (watts == nullptr || watts->is_null()) return "";
  return std::string(kubernetes::find_text(document, {"power_source"}));
}

bool FailoverLab::knows_wake(const std::string& coordinator, const std::string& node) {
  const auto document = get(coordinator, "/api/v1/nodes/" + node);
  return !kubernetes::find_text(document, {"wake", "proven_at"}).empty();
}

std::chrono::milliseconds FailoverLab::boot_time(const std::string& coordinator,
                                                 const std::string& node) {
  constexpr double kMsPerS = 1000;
  const auto document = get(coordinator, "/api/v1/nodes/" + node);
  const auto* seconds = kubernetes::find(document, {"wake", "boot_time_p95_s"});
  if (seconds == nullptr || seconds->is_null()) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(std::llround(kMsPerS * seconds->to_number<double>()));
}

std::int64_t FailoverLab::acts_with(const std::string& coordinator) {
  const auto document = fleet(coordinator);
  if (document.empty() || !document.at("lease").at("held").as_bool()) return 0;
  return document.at("lease").at("fence").to_number<std::int64_t>();
}

HttpResponse FailoverLab::post(const std::string& coordinator, const std::string& path,
                               const std::string& body) {
  return ask(coordinator, {.method = "POST", .target = path, .headers = {}, .body = body});
}

bool FailoverLab::becomes(const std::function<bool()>& so) { return test::becomes(io_, so); }

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
