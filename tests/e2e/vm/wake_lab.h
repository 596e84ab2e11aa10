#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/http_client.h"
#include "coordinator/core/cluster_facts.h"
#include "coordinator/kubernetes/api_client.h"
#include "lab/real/vm/virtual_machine.h"
#include "tests/e2e/vm/event_log.h"
#include "tests/e2e/vm/vm_parts.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// A real control plane, the coordinator in mode act with the rights that it is shipped with, and
/// one node: the virtual machine worker1, off at first, with the agent's package and a kubelet's
/// double. The control plane and the disk are made once for all tests of the program.
class WakeLab {
 public:
  static constexpr const char* kNode = "worker1";
  static constexpr std::chrono::seconds kBootLimit{150};  ///< an emulated CPU on a busy host
  static constexpr std::chrono::seconds kDownLimit{90};

  /// With a BMC the node is woken by [wol, ipmi], of which a packet has `kPacketTime`.
  explicit WakeLab(bool with_bmc);
  static constexpr std::chrono::seconds kPacketTime{6};

  [[nodiscard]] lab::VirtualMachine& machine() { return *machine_; }
  [[nodiscard]] const std::vector<boost::json::object>& events() const { return told_->events(); }
  /// Looks every 0.1 s.
  [[nodiscard]] bool becomes(const std::function<bool()>& so, std::chrono::seconds limit);
  /// Where it told that of worker1, from event number `from` on: EventLog::find_event().
  [[nodiscard]] std::optional<std::size_t> told(const char* kind, const char* what,
                                                std::size_t from = 0) const {
    return told_->find_event(from, kNode, kind, what);
  }
  /// QEMU's exit code once it has ended; 0: the system powered the machine off.
  [[nodiscard]] std::optional<int> exit_code();

  /// What the coordinator's API says of it; empty while it does not answer or know it.
  [[nodiscard]] boost::json::object node();
  [[nodiscard]] std::string state();
  /// Of the API server; without a name: there is none.
  [[nodiscard]] core::KubeNode kube_node();
  [[nodiscard]] core::KubePod pod(const std::string& name);
  [[nodiscard]] std::string wake_proof();
  /// A nap of ten minutes for kube-scheduler to place.
  void create_pod(const std::string& name);
  /// What its BMC was told, one "set ..." a line.
  [[nodiscard]] std::string bmc_orders() const { return read_text(dir_ / "bmc/orders"); }

  /// For messages: what all of them said, as far as it can be had.
  [[nodiscard]] std::string account();

 private:
  [[nodiscard]] std::string write_coordinator();
  void start_coordinator();

  boost::asio::io_context io_{1};
  TempDir dir_;
  std::shared_ptr<kubernetes::ApiClient> admin_;
  std::unique_ptr<lab::VirtualMachine> machine_;
  std::optional<VmBmc> bmc_;
  std::unique_ptr<ChildProcess> coordinator_;
  std::unique_ptr<HttpClient> api_;
  std::unique_ptr<EventLog> told_;
};

/// The taint that keeps pods off a node which is put down.
[[nodiscard]] bool has_our_taint(const core::KubeNode& node);

}  // namespace ecokube::test
