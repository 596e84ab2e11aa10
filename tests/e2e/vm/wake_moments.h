#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/policy_clock.h"
#include "tests/e2e/vm/wake_lab.h"

namespace ecokube::test {

/// When each part of one wake was over, by this host's clock. What the API server and the
/// coordinator's documents show is seen up to 0.1 s later than it was.
struct WakeMoments {
  TimePoint decided;      ///< the coordinator's first step `wake`
  TimePoint powered;      ///< the packet, or the BMC, had switched the machine on
  TimePoint kernel_runs;  ///< by the uptime in the agent's first heartbeat
  TimePoint agent_back;   ///< the agent's first word with the new boot id
  TimePoint kube_ready;   ///< the Node says Ready, of the new boot
  TimePoint uncordoned;   ///< the Node is, and our taint is gone
  TimePoint ready;        ///< the coordinator's state
  TimePoint pod_runs;

  std::string boot_id;  ///< the new one
};

/// A part of the way: it must not end before it began.
struct WakePart {
  std::string name;
  TimePoint from, to;
};
/// One after another, but for agent and kubelet, which start beside each other.
[[nodiscard]] std::vector<WakePart> parts_of(const WakeMoments& moments);

/// Follows worker1's wake from the coordinator's event number `from` on until `pod` runs on
/// it. Throws, with what it had seen, when the node is not awake in time, or is given to pods
/// before both its agent and its kubelet are back.
[[nodiscard]] WakeMoments follow_wake(WakeLab& lab, std::size_t from, const std::string& old_boot,
                                      const std::string& pod);

}  // namespace ecokube::test
