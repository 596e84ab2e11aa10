#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/secure_on.h"
#include "coordinator/core/observation.h"
#include "coordinator/core/step.h"

// The world outside, as the coordinator sees it. Each has a real implementation in its own folder
// and a fake in tests/support. All calls are made on the loop's one thread.
namespace ecokube {

/// Where adapters put what they saw; the loop gives it its time. Never blocks, never decides.
using Observe = std::function<void(core::Fact)>;

struct ListedPods {
  core::Revision revision = 0;
  std::vector<core::KubePod> pods;
};

/// Kubernetes. Watches nodes, pods and workloads and keeps the Lease; posts what it sees.
class ClusterApi {
 public:
  virtual ~ClusterApi() = default;
  virtual void start(Observe observe) = 0;
  /// Gives the Lease back, then ends all watches.
  virtual boost::asio::awaitable<void> stop() = 0;

  /// conflict when the Node changed since `expected_revision`. Returns the Node's new revision.
  virtual boost::asio::awaitable<Result<core::Revision>> mark(const core::Step& step) = 0;
  virtual boost::asio::awaitable<Result<core::Revision>> unmark(const core::Step& step) = 0;
  /// out_of_service and in_service. conflict when the Node changed since the step was decided, or
  /// when the taint is there already and not ours.
  virtual boost::asio::awaitable<Result<core::Revision>> set_service(const core::Step& step) = 0;
  /// power_off: our claim onto the Node. conflict when it changed since the step was decided.
  virtual boost::asio::awaitable<Result<core::Revision>> claim(const core::Step& step) = 0;
  /// Evicts each of the pods that is still the one meant, by UID. refused: a budget does not allow
  /// it now; the message names the pod. What was accepted before stays accepted.
  virtual boost::asio::awaitable<Result<void>> evict(const core::EvictPods& pods) = 0;
  /// Our PreferNoSchedule taint onto the Node or off it. Returns the Node's new revision.
  virtual boost::asio::awaitable<Result<core::Revision>> soft_taint(const core::Step& step) = 0;
  /// refused: the server has said no, because it is bound, gone or another one, or for another
  /// cause; the pod is not bound by this call. Any other error leaves open whether it is.
  virtual boost::asio::awaitable<Result<void>> bind(const core::BindPod& pod) = 0;
  /// The condition PodScheduled=False of a pod. invalid: it is another pod by now.
  virtual boost::asio::awaitable<Result<void>> report(const core::ReportUnschedulable& pod) = 0;
  /// The freeze annotation of the Lease; empty text removes it.
  virtual boost::asio::awaitable<Result<void>> record_freeze(const std::string& text) = 0;
  /// record_off, record_wake, quarantine, record_hold, record_request: annotations on the Node.
  virtual boost::asio::awaitable<Result<core::Revision>> annotate(const core::Step& step) = 0;
  /// Pods bound to `node`, by a list not older than `min_revision`.
  virtual boost::asio::awaitable<Result<ListedPods>> list_pods(const NodeName& node,
                                                               core::Revision min_revision) = 0;
  virtual boost::asio::awaitable<Result<void>> scale(const core::ScaleWorkload& target) = 0;
};

/// A source of demand (Kafka lag). Posts LagSeen and LagLost.
class DemandSource {
 public:
  virtual ~DemandSource() = default;
  virtual void start(Observe observe) = 0;
  virtual void stop() = 0;
};

/// Starts a machine. Success means sent, never that it woke: a new boot id proves that.
class PowerControl {
 public:
  virtual ~PowerControl() = default;
  /// The password that its packets need: read anew, told to nobody. config: it can't be read; then
  /// packets go without.
  virtual Result<std::optional<SecureOn>> secure_on_of(const core::WakeNode& target) = 0;
  /// By packets with the password that `secure_on_of` gave. Those go out bare where it can't be
  /// read, and its error is the answer if no other one is.
  virtual boost::asio::awaitable<Result<void>> wake(
      const core::WakeNode& target, const Result<std::optional<SecureOn>>& secure_on) = 0;
};

/// What a relay sends.
struct RelayedPackets {
  std::vector<std::string> macs;
  std::optional<SecureOn> secure_on = {};
  bool raw = false;  ///< as Ethernet frames too
};

/// Baseboard management controllers, of the nodes that have one. Posts BmcSeen, BmcFailed
/// and BmcMeasured.
class BmcControl {
 public:
  virtual ~BmcControl() = default;
  virtual void start(Observe observe) = 0;
  /// Reads no more, and gives back what it holds of the BMCs, for two seconds at most.
  virtual boost::asio::awaitable<void> stop() = 0;
  /// The power of these nodes is read often, of all others seldom.
  virtual void look_closely(const std::set<NodeName>& nodes) = 0;
  /// Success means that the BMC took the order, or says that it is on already. Nothing that runs is
  /// harmed by it. config: the node has no BMC; else as BMCs fail: unreachable, unauthorized,
  /// forbidden, busy, unsupported, timeout, refused.
  virtual boost::asio::awaitable<Result<void>> power_on(NodeName node) = 0;
  /// `may_send` is asked just before the order leaves, with the time that it may take. conflict: it
  /// said no, or the BMC is not `guid`. Already off is a success.
  using MaySend = std::function<bool(std::chrono::milliseconds needed)>;
  virtual boost::asio::awaitable<Result<void>> power_off(NodeName node, bool hard, std::string guid,
                                                         MaySend may_send) = 0;
};

/// The agents' connections. Posts AgentConnected, AgentHeartbeat, AgentGoodbye, AgentDisconnected.
class AgentLink {
 public:
  virtual ~AgentLink() = default;
  virtual Result<void> start(Observe observe) = 0;
  virtual boost::asio::awaitable<void> stop() = 0;
  /// refused with the agent's own words when it says no; unreachable when it is not connected;
  /// timeout when it does not answer (it may still go down).
  virtual boost::asio::awaitable<Result<void>> shutdown(const core::Step& step) = 0;
  /// Handed to that agent, which may still not send it; unreachable when it is not connected.
  virtual Result<void> relay(const core::Relay& by, const RelayedPackets& packets) = 0;
};

/// What survives us: the journal of intents and the inventory.
class Store {
 public:
  virtual ~Store() = default;
  [[nodiscard]] virtual Result<core::Recovered> recover() = 0;
  /// On disk (fsync) when it returns.
  virtual boost::asio::awaitable<Result<void>> write_intent(const core::Step& step,
                                                            TimePoint at) = 0;
  /// Order with write_intent is kept; not waited for.
  virtual void write_outcome(const core::StepId& id, const std::string& outcome, TimePoint at) = 0;
  virtual void remember(const core::RememberedNode& node) = 0;
};

}  // namespace ecokube
