#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/http_client.h"
#include "coordinator/kubernetes/api_client.h"
#include "lab/bmc/redfish_service.h"
#include "lab/certificates.h"
#include "lab/demo/history.h"
#include "tests/contract/kubernetes/flaky_proxy.h"
#include "tests/e2e/failover/cluster.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// only_way: no card of a machine is armed, so that only its BMC wakes it. other_ways: the same,
/// but w1's is asked by Redfish, and w2 has a program. hanging: machines that are told to go down
/// take ten minutes, and their pool lets BMCs end that.
enum class Bmcs { none, one_each, only_way, other_ways, hanging };

/// Of the lab's machine with this number.
[[nodiscard]] std::string system_uuid(int number);

/// Where a program of this build is.
[[nodiscard]] inline std::string program(const std::string& name) {
  return std::string(ECOKUBE_BIN_DIR) + "/" + name;
}

struct FailoverOptions {
  int workers = 2;
  int view_age_max_s = 30;
  Bmcs bmcs = Bmcs::none;
  bool prove_wakes = false;  ///< by policy; else by prove_wake() of the lab
};

/// Workers w1, w2 and so on and two coordinators a and b, all real processes, on one cluster;
/// a is the first to lead, and reaches the API server through a proxy of its own. A worker is put
/// down by policy as soon as prove_wake() says that it can be woken.
class FailoverLab {
 public:
  static constexpr std::chrono::seconds kLease{3};

  /// Up to: a leads, and, but with prove_wakes, both coordinators know all workers as Ready.
  explicit FailoverLab(FailoverOptions options = {});
  ~FailoverLab();
  FailoverLab(const FailoverLab&) = delete;
  FailoverLab& operator=(const FailoverLab&) = delete;

  void start_coordinator(const std::string& name);
  void kill(const std::string& coordinator);
  void stop(const std::string& coordinator) { signal(coordinator, SIGSTOP); }
  void go_on(const std::string& coordinator) { signal(coordinator, SIGCONT); }
  void delete_database(const std::string& coordinator);
  [[nodiscard]] FlakyProxy& way_of_a() { return *proxy_; }
  [[nodiscard]] const std::vector<std::string>& nodes() const { return nodes_; }

  /// The machine stops dead, with its kubelet, agent and pods; and boots again.
  void lose_power(const std::string& node);
  void power_on(const std::string& node);

  /// The agent's check before a power-off takes until let_hooks_end().
  void let_hooks_wait(const std::string& node);
  void let_hooks_end(const std::string& node) { dir_.write(node + "/go-on", ""); }
  void prove_wake(const std::string& node);
  /// The machine's power fails.
  void cut_power(const std::string& node) { press(node, "crash"); }
  void press(const std::string& node, const std::string& button);
  /// From its next power-off on no packet wakes it.
  void deafen(const std::string& node);
  /// What its BMC was told, one "set ..." a line.
  [[nodiscard]] std::string bmc_orders(const std::string& node) const;
  /// What of that it has carried out.
  [[nodiscard]] std::string bmc_done(const std::string& node) const;
  void hang_bmc(const std::string& node) { dir_.write(node + "/bmc/hang", ""); }
  void let_bmc_go_on(const std::string& node) {
    std::filesystem::remove(dir_ / (node + "/bmc/hang"));
  }
  /// Runs for ten minutes, and on this node only.
  void create_pod(const std::string& name, const std::string& node);
  /// The same on whatever node, for the coordinator to bind.
  void create_pod_for_us(const std::string& name);
  void delete_pod(const std::string& name);
  [[nodiscard]] boost::json::object pod(const std::string& name);
  /// The reasons of the Events about it.
  [[nodiscard]] std::set<std::string> told_about(const std::string& pod);
  [[nodiscard]] bool pod_runs(const std::string& name);
  /// What create_service() makes from now on ends only so long after it was told to.
  void take_time_to_end(std::chrono::seconds time) { ends_in_ = time; }
  /// Replicas of a nap, on whatever workers; a second after its node is lost each is made anew.
  void create_deployment(const std::string& name, int replicas);
  void scale(const std::string& deployment, int replicas);
  void delete_deployment(const std::string& name);
  /// By somebody else's hand.
  void cordon(const std::string& node, bool cordoned);
  /// Two replicas of a nap, on whatever workers, under a budget that keeps `available` of them.
  void create_service(const std::string& name, int available);
  /// How many of its pods run, by their nodes; those on their way out do not count.
  [[nodiscard]] std::map<std::string, int> replicas(const std::string& service);
  [[nodiscard]] int replicas_on(const std::string& service, const std::string& node);
  void delete_lease();
  [[nodiscard]] boost::json::object lease();  ///< empty: there is none
  [[nodiscard]] boost::json::object kube_node(const std::string& name);
  [[nodiscard]] std::string annotation(const std::string& node, std::string_view key);
  /// What a person has asked for, as it stands on the Node.
  [[nodiscard]] std::string request_on(const std::string& node);
  [[nodiscard]] bool marked(const std::string& node);
  /// Kubernetes has given it up: its pods are made anew elsewhere.
  [[nodiscard]] bool given_up(const std::string& node);

  /// What a coordinator's API says; empty while it does not answer.
  [[nodiscard]] boost::json::object fleet(const std::string& coordinator);
  [[nodiscard]] std::string state(const std::string& coordinator, const std::string& node);
  /// By what the node's watts are known; empty: they are not.
  [[nodiscard]] std::string watts_source(const std::string& coordinator, const std::string& node);
  /// It knows that the node can be woken.
  [[nodiscard]] bool knows_wake(const std::string& coordinator, const std::string& node);
  /// From the packet to Ready, as it has learned it; 0: no wake was seen.
  [[nodiscard]] std::chrono::milliseconds boot_time(const std::string& coordinator,
                                                    const std::string& node);
  [[nodiscard]] bool leads(const std::string& coordinator) { return acts_with(coordinator) > 0; }
  /// Its fence; 0 while it does not lead.
  [[nodiscard]] std::int64_t acts_with(const std::string& coordinator);
  [[nodiscard]] HttpResponse post(const std::string& coordinator, const std::string& path,
                                  const std::string& body = "");

  /// Looks again and again, for at most half a minute.
  [[nodiscard]] bool becomes(const std::function<bool()>& so);
  void pass(std::chrono::milliseconds time);

  [[nodiscard]] lab::History history() const;
  [[nodiscard]] std::string machine_state(const std::string& node) const;
  /// Lines of a program's log that hold this text.
  [[nodiscard]] std::size_t said(const std::string& program, const std::string& text) const;
  [[nodiscard]] std::string log(const std::string& program) const;

 private:
  struct Coordinator {
    std::unique_ptr<ChildProcess> process;
    std::unique_ptr<HttpClient> api;
  };

  void free_lease();
  void make_machine(const std::string& name, int number);
  void make_bmc(const std::string& name, int number);
  void make_redfish(const std::string& name, int number);
  void make_power_program(const std::string& name, int number);
  [[nodiscard]] std::string bmc_configuration() const;
  [[nodiscard]] bool in_other_ways() const { return options_.bmcs == Bmcs::other_ways; }
  [[nodiscard]] bool by_bmc_only() const {
    return options_.bmcs == Bmcs::only_way || in_other_ways();
  }
  [[nodiscard]] bool hangs() const { return options_.bmcs == Bmcs::hanging; }
  void write_coordinator(const std::string& name);
  [[nodiscard]] std::unique_ptr<ChildProcess> start(const std::string& log,
                                                    std::vector<std::string> argv);
  void signal(const std::string& coordinator, int signal);
  [[nodiscard]] HttpResponse ask(const std::string& coordinator, HttpRequest request);
  [[nodiscard]] boost::json::object get(const std::string& coordinator, const std::string& path);

  TempDir dir_;
  boost::asio::io_context io_{1};
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<FlakyProxy> proxy_;
  std::shared_ptr<kubernetes::ApiClient> admin_;
  lab::CertificateFiles ca_;
  std::map<std::string, Coordinator> coordinators_;
  FailoverOptions options_;
  std::vector<std::string> nodes_;
  std::map<std::string, std::unique_ptr<ChildProcess>> machines_;
  std::vector<std::unique_ptr<ChildProcess>> bmcs_;
  std::map<std::string, std::uint16_t> bmc_ports_;  ///< of those that are asked by IPMI
  std::unique_ptr<lab::RedfishService> redfish_;
  std::string other_bmcs_;  ///< the configuration of all others
  std::chrono::seconds ends_in_{0};
};

}  // namespace ecokube::test
