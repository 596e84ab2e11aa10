#pragma once

#include <string>
#include <string_view>

namespace ecokube {

/// A node's name: Kubernetes metadata.name and the name in its certificate's URI SAN.
using NodeName = std::string;

/// True for an RFC 1123 subdomain: lower case letters, digits, '-' and '.', at most 253 characters.
[[nodiscard]] bool is_node_name(std::string_view text);

/// The names that belong to us in a cluster (annotations, labels, the taint, the Lease).
namespace names {
inline constexpr std::string_view kTaint = "ecokube.io/powering-down";  // effect NoSchedule
inline constexpr std::string_view kCandidate = "ecokube.io/candidate";  // PreferNoSchedule
inline constexpr std::string_view kTransition = "ecokube.io/transition";
inline constexpr std::string_view kIntent =
    "ecokube.io/power-intent";  // "down" while we take it away
inline constexpr std::string_view kCordonedByUs = "ecokube.io/cordoned";
inline constexpr std::string_view kExcludedByUs = "ecokube.io/excluded";  // the label below
inline constexpr std::string_view kExcludeDisruption = "node.kubernetes.io/exclude-disruption";
inline constexpr std::string_view kPower = "ecokube.io/power";           // "off (inferred)", ...
inline constexpr std::string_view kWaking = "ecokube.io/waking";         // "at_ms=<ms>" (S6)
inline constexpr std::string_view kWakeProof = "ecokube.io/wake-proof";  // "<method> <ms>"
inline constexpr std::string_view kWakeRecipe = "ecokube.io/wake-recipe";
inline constexpr std::string_view kHold = "ecokube.io/hold";              // "<owner>: <reason>"
inline constexpr std::string_view kRequest = "ecokube.io/request";        // a person's, standing
inline constexpr std::string_view kQuarantine = "ecokube.io/quarantine";  // "<until ms> <failures>"
inline constexpr std::string_view kQuorum = "ecokube.io/quorum";  // on pods that must stay (S14)
inline constexpr std::string_view kOwnerPaused = "ecokube.io/owner-paused";  // by a person (S25)
inline constexpr std::string_view kRevoked = "ecokube.io/revoked";  // "at_ms=<ms> <by>: <reason>"
/// Kubernetes' own, value "nodeshutdown", effect NoExecute; with our annotation it is ours.
inline constexpr std::string_view kOutOfServiceTaint = "node.kubernetes.io/out-of-service";
inline constexpr std::string_view kOutOfServiceByUs = "ecokube.io/out-of-service";
inline constexpr std::string_view kPowerClaim = "ecokube.io/power-claim";  // before a BMC's off
inline constexpr std::string_view kFreeze = "ecokube.io/freeze";           // on the Lease (S27)
inline constexpr std::string_view kFence = "ecokube.io/fence";             // on the Lease, int64
inline constexpr std::string_view kControlPlaneLabel = "node-role.kubernetes.io/control-plane";
inline constexpr std::string_view kLeaseNamespace = "kube-system";
inline constexpr std::string_view kLeaseName = "ecokube-coordinator";
}  // namespace names

}  // namespace ecokube
