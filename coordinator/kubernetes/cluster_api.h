#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/policy_clock.h"
#include "coordinator/kubernetes/api_client.h"
#include "coordinator/kubernetes/kubeconfig.h"
#include "coordinator/kubernetes/reflector.h"
#include "coordinator/kubernetes/scaled_kind.h"
#include "coordinator/ports.h"

namespace ecokube::kubernetes {

struct KubernetesOptions {
  Access access;
  ApiLimits limits;
  std::function<TimePoint()> clock;  ///< of the loop; for the Lease
  bool lease = true;                 ///< false in a dry run: nothing is written
  Duration lease_duration{15000};
  std::string identity;  ///< the Lease's holder; a number of this start is added
  std::chrono::milliseconds probe_interval{3000};
  ReflectorOptions watching;        ///< path and selector are ours
  std::vector<ScaleTarget> scaled;  ///< what scalers name; of workloads nothing else is watched
};

class KubernetesCluster : public ClusterApi {
 public:
  /// The highest fence that the store or an agent's Hello reports: ours is always above (S5).
  virtual void raise_fence_floor(std::int64_t floor) = 0;
  /// names::kRevoked onto the Node. not_found: there is none.
  virtual boost::asio::awaitable<Result<void>> record_revocation(NodeName node,
                                                                 std::string text) = 0;
  /// Requests sent since the start.
  [[nodiscard]] virtual std::uint64_t requests() const = 0;
};

/// Errc::config when the certificates can't be used. All on the executor's one thread.
[[nodiscard]] Result<std::unique_ptr<KubernetesCluster>> make_kubernetes(
    boost::asio::any_io_executor executor, KubernetesOptions options);

}  // namespace ecokube::kubernetes
