#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/error.h"
#include "common/ipv4_subnet.h"
#include "common/mac_address.h"
#include "common/names.h"
#include "common/policy_clock.h"
#include "common/units.h"
#include "common/validity.h"
#include "coordinator/core/cluster_facts.h"
#include "coordinator/core/step.h"

namespace ecokube::core {

// --- the cluster ---------------------------------------------------------------------------------

/// Everything but workloads, listed anew: replaces all that was known of it.
struct ClusterListed {
  Revision revision = 0;
  std::vector<KubeNode> nodes;
  std::vector<KubePod> pods;
  std::vector<KubeBudget> budgets = {};
  std::vector<KubeAttachment> attachments = {};
  std::vector<KubeLocalVolume> local_volumes = {};
  std::vector<KubeAutoscaler> autoscalers = {};
  std::vector<KubeService> services = {};
  bool went_backwards = false;  ///< known to be of another past than what was known (S2)
};
struct NodeSeen {
  KubeNode node;
};
struct NodeDeleted {
  NodeName name;
  Revision revision = 0;
};
struct PodSeen {
  KubePod pod;
};
struct PodDeleted {
  std::string uid;
  Revision revision = 0;
};
/// All workloads of one kind, listed anew: replaces what was known of this kind.
struct WorkloadsListed {
  std::string kind;  ///< kind_key()
  std::vector<KubeWorkload> workloads;
};
/// They are not known any more: no right to see them, not served, or no answer.
struct WorkloadsLost {
  std::string kind;
  std::string why;
};
struct WorkloadSeen {
  KubeWorkload workload;
};
struct WorkloadDeleted {
  std::string key;  ///< KubeWorkload::key()
};
/// One object of a kind that only bounds what may be done: a budget, an attachment, a local volume,
/// an autoscaler.
template <class Kube>
struct Seen {
  Kube object;
};
template <class Kube>
struct Gone {
  std::string key;  ///< Kube::key()
  Revision revision = 0;
};
/// What the Lease says of it; empty: not frozen.
struct FreezeSeen {
  std::string text;  ///< core/marks.h
};
/// The view is as new as `revision` and was confirmed now (bookmark or probe).
struct ClusterAlive {
  Revision revision = 0;
};
struct ClusterLost {
  std::string why;
};
struct LeaseHeld {
  std::int64_t fence = 0;
  TimePoint valid_until;
};
struct LeaseLost {
  std::string why;
};
/// Whose the Lease is, ours too; empty: it is not known that anybody keeps it.
struct LeaseSeen {
  std::string holder;
};

// --- agents --------------------------------------------------------------------------------------
// A boot id is that of one life of the machine (core/life.h): out of suspend it has another one.

struct NicFacts {
  std::string name;
  MacAddress mac;
  bool link_up = false;
  bool wake_armed = false;
  std::vector<Ipv4Subnet> subnets = {};  ///< of its segment; empty: not known
  bool operator==(const NicFacts&) const = default;
};

/// Who the machine is, by its firmware and its own account. Empty: not known.
struct MachineFacts {
  std::string smbios_uuid;
  std::string serial;
  std::string firmware_vendor, firmware_version, firmware_date;
  bool rtc_alarm = false;  ///< it can wake itself at a set time
  bool can_suspend = false;
  bool can_hibernate = false;
  /// The stages of the running boot, by systemd's account.
  std::optional<Duration> boot_firmware, boot_loader, boot_kernel, boot_userspace;
  bool operator==(const MachineFacts&) const = default;
};

/// What it boots next (S18).
struct BootFacts {
  std::string fingerprint;   ///< of kernel, initramfs, command line, ...; empty: not known
  std::string pending;       ///< why it differs from the running boot; empty: it does not
  bool after_crash = false;  ///< of the running one: the boot before it had no proper end
  bool operator==(const BootFacts&) const = default;
};

/// The machine's own BMC, by its own account in-band. It is shown and compared: nothing is ever
/// sent to an address because an agent has named it.
struct BmcFacts {
  bool present = false;
  std::string address;         ///< IPv4; empty: not on a LAN, or not known
  std::string mac;             ///< "00:25:90:aa:bb:cc"
  std::string address_source;  ///< "static", "dhcp", "bios", "other"
  std::uint32_t vlan = 0;      ///< 802.1Q; 0: none
  std::string guid;            ///< as BmcSeen::guid
  std::string problem;         ///< why it can't be reached over a LAN, or asked
  bool operator==(const BmcFacts&) const = default;
};

/// By which the machine's kubelet is let into its cluster.
struct KubeletCertificate {
  std::optional<Validity> validity;  ///< absent: there is none where kubelets have it
  bool operator==(const KubeletCertificate&) const = default;
};

/// What a sleeper is known by; kept in the store so that it can be woken after a restart.
struct Inventory {
  std::string machine_id;
  std::string boot_id;  ///< of the last Hello
  std::vector<NicFacts> nics;
  std::string wake_address;  ///< "host:port"
  std::optional<Power> idle, peak;
  MachineFacts machine = {};
  BootFacts boot = {};
  std::optional<BmcFacts> bmc = {};                            ///< absent: not known
  std::optional<KubeletCertificate> kubelet_certificate = {};  ///< absent: not known
  bool operator==(const Inventory&) const = default;
};

struct AgentConnected {
  NodeName node;
  std::uint64_t session = 0;  ///< a number of its own for each connection
  Inventory inventory;
  std::int64_t fence_highest_seen = 0;
  bool relays = false;  ///< it sends magic packets for others
};

/// An agent's estimate: its node's energy divided by the pods' CPU time, since the agent's start.
/// Active: what the machine drew because it worked. Idle: what it would have drawn anyway.
struct PodEnergy {
  std::string uid;  ///< of a static pod: the hash of its file, KubePod::static_uid
  Energy active, idle;
  bool operator==(const PodEnergy&) const = default;
};
struct PodsEnergy {
  std::string source;             ///< of the node's figure that was divided
  Energy node_active, node_idle;  ///< the whole node's; what no pod has is the system's
  std::vector<PodEnergy> pods;
  bool operator==(const PodsEnergy&) const = default;
};

struct AgentHeartbeat {
  NodeName node;
  std::uint64_t session = 0;
  std::uint64_t sequence = 0;
  std::string boot_id;
  Duration uptime{};
  std::vector<NicFacts> nics;
  std::vector<std::string> vetoes;
  std::vector<std::string> sleep_vetoes;  ///< beside these, against all but a power-off
  std::optional<Power> power;             ///< mean since the heartbeat before; absent: not known
  std::string power_source;      ///< travels with the figure; "none": nothing measures this node
  std::string power_problem;     ///< why nothing does
  std::optional<Energy> energy;  ///< of the node since the agent's start
  std::uint64_t energy_unknown_intervals = 0;  ///< left out of it
  Duration energy_since{};                     ///< the machine's uptime when it began
  std::optional<PodsEnergy> pods;              ///< absent: as before
  std::int64_t fence_highest_seen = 0;
  std::optional<BootFacts> boot = {};                          ///< absent: as before
  std::optional<MachineFacts> machine = {};                    ///< absent: as before
  std::optional<BmcFacts> bmc = {};                            ///< absent: as before
  std::optional<KubeletCertificate> kubelet_certificate = {};  ///< absent: as before
};

enum class LeaveOrigin { coordinator, person, reboot, service_stop, ups, unspecified };
[[nodiscard]] std::string_view to_string(LeaveOrigin origin);

struct AgentGoodbye {
  NodeName node;
  std::uint64_t session = 0;
  LeaveOrigin origin = LeaveOrigin::unspecified;
  std::string command_id;
  std::string boot_id;
  bool operator==(const AgentGoodbye&) const = default;
};
struct AgentDisconnected {
  NodeName node;
  std::uint64_t session = 0;
};

// --- management controllers ----------------------------------------------------------------------

/// One reading of a node's BMC.
struct BmcSeen {
  NodeName node;
  bool on = false;
  std::string guid;  ///< 32 hexadecimal digits, in the order in which it gives them; empty: none
};
/// It did not answer, or not as it should: that says nothing of the power.
struct BmcFailed {
  NodeName node;
  Errc kind = Errc::unreachable;
  std::string why;
};

/// What a node draws by its BMC, which called it on a moment before.
struct BmcMeasured {
  NodeName node;
  std::optional<Power> power;  ///< absent: not known
  std::string source;          ///< travels with the figure: "dcmi", "redfish", "exec"
  std::string why;             ///< it is not known
};

// --- demand --------------------------------------------------------------------------------------

struct LagSeen {
  std::string scaler;
  std::int64_t lag = 0;  ///< records not committed, over all partitions; jobs in flight included
  std::int64_t partitions = 0;
};
struct LagLost {
  std::string scaler;
  std::string why;
};

// --- people --------------------------------------------------------------------------------------

/// Of the whole fleet: to stop all that takes capacity away (S27), also to wake everything, and to
/// go on again.
enum class FleetVerb { freeze, evacuate, unfreeze };
[[nodiscard]] std::string_view to_string(FleetVerb verb);

struct FleetAsked {
  FleetVerb verb;
  std::string by;
  std::string reason;
};

enum class PersonVerb { wake, sleep, hold, release, test_wake, unquarantine };
[[nodiscard]] std::string_view to_string(PersonVerb verb);

struct PersonAsked {
  NodeName node;
  PersonVerb verb;
  std::string by;
  std::string reason;
  std::optional<Duration> valid_for;
};

// --- our own steps, and what the store remembers ------------------------------------------------

struct StepStarted {
  Step step;
};
enum class Outcome { done, refused, failed };
[[nodiscard]] std::string_view to_string(Outcome outcome);
struct StepEnded {
  StepId id;
  Outcome outcome = Outcome::failed;
  std::string message;        ///< why it was refused or failed
  Revision revision = 0;      ///< of the Node after mark/unmark; of the list after list_pods
  std::vector<KubePod> pods;  ///< list_pods: all pods bound to the node
};

struct RememberedNode {
  NodeName name;
  Inventory inventory;
  std::vector<Duration> boot_times;  ///< packet to Ready, newest last
  std::optional<TimePoint> wake_proven_at;
  std::vector<TimePoint> downs;         ///< newest last
  std::optional<AgentGoodbye> goodbye;  ///< the last, if it was after the last Hello
  std::int64_t transition = 0;
  std::string wake_proven_boot = {};  ///< the fingerprint that the proof is bound to
  Duration wake_proven_sleep = {};
  SleepMode wake_proven_mode = SleepMode::power_off;
  std::optional<Power> peak_seen = {};
  bool operator==(const RememberedNode&) const = default;
};
/// Once, before everything else.
struct Recovered {
  std::vector<RememberedNode> nodes;
  std::vector<StepId> unfinished;  ///< journalled intents without an outcome
};

using Fact =
    std::variant<ClusterListed, NodeSeen, NodeDeleted, PodSeen, PodDeleted, WorkloadsListed,
                 WorkloadsLost, WorkloadSeen, WorkloadDeleted, Seen<KubeBudget>, Gone<KubeBudget>,
                 Seen<KubeAttachment>, Gone<KubeAttachment>, Seen<KubeLocalVolume>,
                 Gone<KubeLocalVolume>, Seen<KubeAutoscaler>, Gone<KubeAutoscaler>,
                 Seen<KubeService>, Gone<KubeService>, ClusterAlive, ClusterLost, LeaseHeld,
                 LeaseLost, LeaseSeen, FreezeSeen, AgentConnected, AgentHeartbeat, AgentGoodbye,
                 AgentDisconnected, BmcSeen, BmcFailed, BmcMeasured, LagSeen, LagLost, PersonAsked,
                 FleetAsked, StepStarted, StepEnded, Recovered>;

/// Something that happened, with its time. The only input of World.
struct Observation {
  TimePoint at;
  Fact fact;
};

}  // namespace ecokube::core
