#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/core/observation.h"
#include "coordinator/core/policy.h"
#include "coordinator/core/replicas.h"

namespace ecokube::core {

/// The power lifecycle of a node, in Slurm's words.
enum class Lifecycle {
  unknown,
  ready,
  draining,
  powering_down,
  powered_down,
  powering_up,
  quarantined,
  maintenance,
};
[[nodiscard]] std::string_view to_string(Lifecycle state);

struct Request {
  PersonVerb verb;
  std::string by;
  std::string reason;
  TimePoint at;
  std::optional<TimePoint> until;
  bool operator==(const Request&) const = default;
};

/// Hands off, says a person. Without `until` it stays until it is released.
struct Hold {
  std::string by;
  std::string reason;
  std::optional<TimePoint> until;
  bool operator==(const Hold&) const = default;
};

/// The agent's side of a node, as of its last message in this process.
struct AgentView {
  bool connected = false;
  std::uint64_t session = 0;
  std::uint64_t sequence = 0;  ///< of the last heartbeat; 0: none yet
  std::string boot_id;
  std::optional<TimePoint> heard_at;
  std::optional<TimePoint> closed_at;
  Duration uptime{};
  std::vector<NicFacts> nics;
  std::vector<std::string> vetoes, sleep_vetoes;
  std::optional<Power> power;
  std::string power_source;
  std::string power_problem;
  std::optional<Energy> energy;
  std::uint64_t energy_unknown_intervals = 0;
  Duration energy_since{};
  std::optional<PodsEnergy> pods;
  std::optional<AgentGoodbye> goodbye;  ///< cleared by the next Hello
  std::int64_t fence = 0;               ///< the highest it has seen: it obeys no lower one
  bool relays = false;                  ///< it sends magic packets for others
};

/// So many readings in a row count as one that is sure.
inline constexpr int kEqualReadings = 2;

/// The management controller's side of a node.
struct BmcView {
  std::optional<bool> on;            ///< the newest reading; none since a failure: empty
  int equal = 0;                     ///< readings in a row that said so, at most kEqualReadings
  std::optional<TimePoint> read_at;  ///< the newest reading
  std::optional<Error> failure;      ///< of the newest attempt, if it failed
  std::optional<TimePoint> failed_at;
  std::string guid;         ///< core::BmcSeen; empty: not known
  int off_under_agent = 0;  ///< readings of off while the agent's link stood, at most as above
  /// It said off, again and again, and the agent has spoken since: it is another machine's, or
  /// lies.
  bool contradicts = false;
  std::optional<Power> power;  ///< the newest that it measured since it last said off
  std::string power_source;
  std::optional<TimePoint> power_at;
  std::string power_problem;  ///< why the newest attempt gave no figure
};

/// The way down, from the mark to off.
struct WayDown {
  std::string boot_id;  ///< of the machine that goes down
  std::optional<Revision> mark_revision;
  std::optional<TimePoint> marked_at;
  std::optional<Revision> listed_revision;
  std::optional<TimePoint> listed_at;
  std::vector<std::string> may_remain;  ///< pod UIDs of that list
  std::set<std::string> evicting;       ///< UIDs of the pods that are moved off it; may be empty
  /// controller_key() of those of its pods whose replicas were on other nodes too when it was
  /// marked: what only the drain has spread need not stay so (S22).
  std::set<std::string> spread;
  bool work_found = false;  ///< the list, or the watch since, saw work
  bool give_up = false;     ///< a step of ours failed, or the cluster went backwards: go back
  bool resumed = false;     ///< begun by another leader, whose order the machine may be obeying
  bool refused = false;     ///< the agent said no: go back, and wait longer before the next try
  std::optional<TimePoint> shutdown_at;
  std::string command_id;         ///< StepId::text() of the shutdown
  std::int64_t offs_ordered = 0;  ///< of its BMC, where it hangs
  std::optional<TimePoint> off_ordered_at;
};

/// The way up, from the first packet or order to Ready.
struct WayUp {
  std::string old_boot_id;            ///< a heartbeat with this one proves nothing
  std::optional<TimePoint> asked_at;  ///< first try; absent: it came up by itself
  WakeMethod method = WakeMethod::wol;
  std::optional<TimePoint> method_at;  ///< first try by this method
  std::optional<TimePoint> tried_at;   ///< last try
  std::string why;                     ///< of the first try
  std::string asker_ns;                ///< whose pods that was for; empty: nobody's
  std::int64_t packets = 0;
  std::int64_t orders = 0;  ///< to its BMC
  bool late = false;        ///< a method's time is over: what was promised was withdrawn
  bool boot_proven = false;
  std::optional<TimePoint> ready_at;  ///< Ready of a proven boot, for the first time
  bool out_of_silence =
      false;  ///< it was not asleep but silent: it may be dead, and promises nothing
};

/// "12 packets were sent", "12 packets and 3 orders to its BMC were sent".
[[nodiscard]] std::string tries_text(const WayUp& up);

/// From its mark until it is up; empty while it is and stays.
struct Sleep {
  SleepMode mode = SleepMode::power_off;  ///< as its mark says, or is about to
  std::string life;                       ///< that goes, or went, to sleep; empty: not known
  bool left = false;                      ///< its agent said goodbye to this process, for our step
  std::optional<TimePoint> since;         ///< it is known to be off
  std::optional<TimePoint> woken_at;      ///< first
};

struct Node {
  NodeName name;
  std::optional<KubeNode> kube;
  AgentView agent;
  BmcView bmc;
  Inventory inventory;

  Lifecycle state = Lifecycle::unknown;
  std::int64_t transition = 0;
  TimePoint since;
  std::map<Verb, std::int64_t> attempts;  ///< steps started in this transition
  std::map<StepId, TimePoint> in_flight;
  std::map<Verb, TimePoint> retry_not_before;  ///< a failed step of this transition

  std::optional<Hold> hold;
  bool hold_unsaved = false;  ///< not yet on the Node object (S23)
  std::optional<Request> request;
  bool request_unsaved = false;  ///< the same of it, or of there being none
  bool asked_us = false;         ///< the request; else it was read from the Node
  Revision said_revision = 0;    ///< of the last of the two written; older views of the Node lie

  WayDown down;
  WayUp up;
  bool marked = false;           ///< our taint or intent is on the Node object
  Revision marks_revision = 0;   ///< of our last mark or unmark; older views of the Node lie
  bool marked_unproven = false;  ///< and says that it boots what is not proven (S18)
  bool marked_proof = false;     ///< and that it goes down to prove its wake (S15)
  bool off_recorded = false;     ///< our power annotation says off
  std::set<std::string> devices_before;      ///< KubeNode::devices that a boot took away
  Revision soft_taint_revision = 0;          ///< of our last change of the soft taint
  std::optional<TimePoint> soft_tainted_at;  ///< when we last tried to change it

  std::int64_t work_pods = 0;              ///< bound pods that may not remain
  std::optional<TimePoint> work_ended_at;  ///< when work_pods last became 0, or the node Ready
  std::vector<TimePoint> downs;            ///< newest last, one day
  std::vector<Duration> boot_times;
  std::optional<TimePoint> wake_proven_at;
  std::string wake_proven_boot;  ///< the fingerprint of what it booted then; empty: not known
  Duration wake_proven_sleep{};  ///< the longest that it woke from
  SleepMode wake_proven_mode = SleepMode::power_off;  ///< that it woke from
  Sleep sleep;
  bool proof_failed =
      false;  ///< it did not wake when it was to show that; a person must look (S15)
  std::int64_t wake_failures = 0;
  std::optional<TimePoint> waking_at;  ///< RecordWake, ours or another's; gone when it is up
  bool waking_unsent = false;          ///< it is ours, and nothing was sent since
  std::optional<Power> peak_seen;      ///< the most that was measured of it, in steps of 5 W
  std::optional<TimePoint> quarantined_until;
  bool quarantine_ends = false;             ///< its end is being written
  std::int64_t refusals = 0, ups_offs = 0;  ///< these soon after it was up again
  std::optional<TimePoint> down_not_before;
  std::string last_problem;  ///< for people: the last refusal or failure
};

/// What is known of one scaler's demand and its own decisions.
struct ScalerView {
  std::string name;
  std::optional<std::int64_t> lag;
  std::int64_t partitions = 0;
  std::optional<TimePoint> seen_at;
  std::int64_t activation_lag_threshold = 0;
  std::optional<TimePoint> active_at;  ///< when lag was last above the activation threshold
  std::optional<TimePoint> first_seen_at;
  std::string problem;
  std::int64_t transition = 0;  ///< scale steps started
  std::map<StepId, TimePoint> in_flight;
  std::optional<TimePoint> retry_not_before;
};

/// Whether the workloads of a kind are seen.
struct WorkloadKind {
  bool listed = false;
  std::string problem;  ///< why they are not, or not any more
};

/// Our own work on a pod that asks for our scheduler, until it is seen bound or gone.
struct Placing {
  PodRef pod;
  std::optional<StepId> in_flight;
  NodeName node;  ///< where we have bound it, or may have: it counts as bound there meanwhile
  bool uncertain = false;                  ///< no answer came: the bind may or may not hold
  std::optional<TimePoint> assumed_until;  ///< once a bind ended; then the view is believed
  std::map<Verb, std::int64_t> attempts;
  std::optional<TimePoint> retry_not_before;
  std::string reported;  ///< the message that we last wrote into its condition
  std::optional<TimePoint> reported_at;
};

/// Nothing takes capacity away while it stands; `wake_all` also has every sleeper woken (S27).
struct Freeze {
  bool wake_all = false;
  std::string by;
  std::string reason;
  bool operator==(const Freeze&) const = default;
};

/// The freeze in force, and how far it has been written to the Lease.
struct FreezeView {
  std::optional<Freeze> now;
  bool unsaved = false;  ///< what stands on the Lease is older
  std::int64_t transition = 0;
  std::int64_t attempts = 0;  ///< record_freeze steps started in this transition
  std::map<StepId, TimePoint> in_flight;
  std::optional<TimePoint> retry_not_before;
};

/// The token buckets of S6: those that are not full, by the time when they are again.
struct Buckets {
  std::map<std::string, TimePoint> full_at;
  /// Since when we know what was taken. A process before us may have started, or put down, every
  /// machine just then.
  std::optional<TimePoint> known_since;
  std::int64_t machines = 0;
};

/// All that is known. Changed by apply() alone.
class World {
 public:
  std::map<NodeName, Node> nodes;
  std::map<std::string, KubePod> pods;                 ///< by UID
  std::map<std::string, KubeWorkload> workloads;       ///< by KubeWorkload::key()
  std::map<std::string, WorkloadKind> workload_kinds;  ///< by kind_key(); those that scalers name
  std::map<std::string, ScalerView> scalers;
  std::map<std::string, KubeBudget> budgets;  ///< these five by their key()
  std::map<std::string, KubeAttachment> attachments;
  std::map<std::string, KubeLocalVolume> local_volumes;
  std::map<std::string, KubeAutoscaler> autoscalers;
  std::map<std::string, KubeService> services;

  std::map<std::string, Placing> placings;  ///< by the pod's UID

  std::map<std::string, std::set<NodeName>> same_identity;  ///< by what identities_of() gives
  std::map<Segment, std::set<NodeName>> on_segment;         ///< by segments_of()

  std::map<NodeName, std::set<std::string>> pods_on;  ///< UIDs of the pods bound to a node
  std::set<std::string> pods_unbound;                 ///< UIDs of the pods bound to none
  std::set<std::string> pods_repelling;        ///< UIDs of bound pods with required anti-affinity
  std::map<NodeName, Resources> requested_on;  ///< what those of pods_on that are not over ask for

  ReplicaIndex replicas;

  bool cluster_listed = false;                 ///< everything was listed at least once
  bool cluster_ok = false;                     ///< ... and the view was not lost since
  std::optional<TimePoint> went_backwards_at;  ///< the last time the revision fell
  Revision revision = 0;
  std::optional<TimePoint> cluster_seen_at;
  std::string cluster_problem;

  std::int64_t fence = 0;  ///< 0: no Lease held
  std::optional<TimePoint> lease_valid_until;
  std::int64_t fence_highest_seen = 0;
  std::string leader;  ///< holder of the Lease as last seen, ours too; empty: not known

  Buckets buckets;
  std::vector<LostPod> lost_pods;
  FreezeView freeze;
  std::vector<std::string> daemonsets_may_stop;  ///< the policy's, since counting work needs it

  TimePoint now;  ///< of the newest observation
};

/// What is kept of a node beyond this process; Recovered gives it back.
[[nodiscard]] RememberedNode remembered(const Node& node);

/// A World that knows the scalers' names and thresholds and nothing else.
[[nodiscard]] World make_world(const Policy& policy);

/// The only way World changes. Takes observations in the order they were made.
void apply(World& world, const Observation& observation);

/// The Node is cordoned, and not by us: never undone by us, and nothing is done to it (S11).
[[nodiscard]] bool cordoned_by_other(const Node& node);

/// The taint that our mark put there keeps pods away still: as the mark's answer said, until a
/// newer view of the Node says otherwise (S1).
[[nodiscard]] bool mark_stands(const Node& node);

/// It may be going down by an order of another leader: its agent was not seen to know our fence.
[[nodiscard]] bool may_obey_another(const World& world, const Node& node);

/// The agent was heard not longer ago than the policy's limit.
[[nodiscard]] bool agent_alive(const Node& node, const Policy& policy, TimePoint now);

/// The lifecycle as it must be read now: a node whose agent went silent without a goodbye is
/// Unknown, whatever it was before.
[[nodiscard]] Lifecycle state_at(const Node& node, const Policy& policy, TimePoint now);

/// Our PreferNoSchedule taint is on the Node as last seen.
[[nodiscard]] bool softly_tainted(const Node& node);

/// An evacuation is on: every sleeper is woken (S27).
[[nodiscard]] bool wake_all(const World& world);

/// Why the node may not be put down by anyone but a person with force: the hold in force now.
[[nodiscard]] const Hold* hold_at(const Node& node, TimePoint now);

}  // namespace ecokube::core
