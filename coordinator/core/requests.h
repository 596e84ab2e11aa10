#pragma once

#include <optional>
#include <string>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// A person's standing request and how it is kept on the Node object (S23), so that it outlives the
// coordinator that was asked.
namespace ecokube::core {

/// core/marks.h's text of the request, empty for none: as it is to stand on the Node, and as it
/// does.
[[nodiscard]] std::string request_text(const Node& node);
[[nodiscard]] std::string request_text(const KubeNode& kube);

/// A person wants an end of its quarantine, and of what is left of earlier ones.
[[nodiscard]] bool quarantine_is_to_end(const Node& node);

/// What a person asked for is over: its time, or it was done. Then it is taken off the Node.
[[nodiscard]] bool request_is_over(const Node& node, const Policy& policy, TimePoint now);

/// What a person asked for of a node in the cluster is not on its Node yet, as far as is known.
[[nodiscard]] bool request_waits(const Node& node, const Policy& policy);

struct RequestToRecord {
  RecordRequest record;
  Reason reason;
};
/// What is to be written to the Node, if anything: a request by whoever was asked, the removal of
/// one that is over by the leader alone.
[[nodiscard]] std::optional<RequestToRecord> request_to_record(const World& world,
                                                               const Policy& policy,
                                                               const Node& node, TimePoint now);

}  // namespace ecokube::core
