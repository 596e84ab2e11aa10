#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/names.h"
#include "common/policy_clock.h"
#include "coordinator/core/cluster_facts.h"

namespace ecokube::core {

/// Why: a stable word for programs and one sentence for people.
struct Reason {
  std::string code;
  std::string text;
  bool operator==(const Reason&) const = default;
};

enum class Verb {
  mark,
  evict,
  list_pods,
  shutdown,
  power_off,
  record_off,
  out_of_service,
  in_service,
  record_wake,
  wake,
  unmark,
  quarantine,
  record_hold,
  record_request,
  record_freeze,
  scale,
  bind,
  report_unschedulable,
  soft_taint
};
inline constexpr int kVerbCount = static_cast<int>(Verb::soft_taint) + 1;
[[nodiscard]] std::string_view to_string(Verb verb);

/// How a machine is woken: by magic packet, or by its management controller, which is asked by one
/// of the others. None of them harms one that is on.
enum class WakeMethod { wol, ipmi, redfish, exec };
[[nodiscard]] std::string_view to_string(WakeMethod method);
[[nodiscard]] constexpr bool by_bmc(WakeMethod method) { return method != WakeMethod::wol; }

/// What a machine goes down to: off (ACPI S5), or with its memory kept (S3), or with its memory on
/// disk (S4).
enum class SleepMode { power_off, suspend, hibernate };
[[nodiscard]] std::string_view to_string(SleepMode mode);
/// nullopt: it is no mode's word.
[[nodiscard]] std::optional<SleepMode> parse_sleep_mode(std::string_view word);

inline constexpr std::string_view kFleetSubject = "fleet/freeze";
inline constexpr std::string_view kPodPrefix = "pod/";

/// The same World gives the same ids: a doubled or replayed step is recognised by its id.
struct StepId {
  /// A node's name, "scaler/<name>", "fleet/freeze", "pod/<namespace>/<name>/<uid>"
  std::string subject;
  Verb verb;
  std::int64_t transition;  ///< the subject's transition number in World
  std::int64_t attempt;     ///< 1, 2, ... within that transition
  auto operator<=>(const StepId&) const = default;
  [[nodiscard]] std::string text() const;  ///< "worker1:wake:7:2"
};

/// The subject of steps on a pod, and the pod of such a subject; nullopt: it is none.
[[nodiscard]] std::string subject_of(const PodRef& pod);
[[nodiscard]] std::optional<PodRef> pod_of(std::string_view subject);

/// Our NoSchedule taint, cordon and annotations onto the Node (S11), only if its resourceVersion is
/// still `expected_revision`.
struct MarkNode {
  Revision expected_revision;
  std::string boot_id;      ///< goes into the intent, so that a reboot is told from a crash
  bool already_cordoned;    ///< by someone else: then the cordon is not ours and stays
  std::string wake_recipe;  ///< core/marks.h; stays on the Node, so that a successor can wake it
  std::vector<std::string> pods_to_evict =
      {};                                 ///< UIDs; once marked, these and no others are moved
  bool boot_unproven = false;             ///< it goes down to boot what is not proven (S18)
  bool proves_wake = false;               ///< it goes down only to be woken again (S15)
  SleepMode mode = SleepMode::power_off;  ///< what it goes down to
  bool operator==(const MarkNode&) const = default;
};
/// Asks the Eviction API for each of these pods, one after another, under their budgets (S12).
struct EvictPods {
  std::vector<PodRef> pods;
  bool operator==(const EvictPods&) const = default;
};
/// The pods bound to the node by a list not older than `min_revision` (S1).
struct ListPods {
  Revision min_revision;
  bool operator==(const ListPods&) const = default;
};
struct ShutdownNode {
  std::uint64_t heartbeat_sequence;
  std::vector<std::string> pods_that_may_remain;
  SleepMode mode = SleepMode::power_off;
  bool operator==(const ShutdownNode&) const = default;
};
/// By its BMC, which must say that it is `guid`; claimed on the Node first, which must still be at
/// `expected_revision`. soft is the button pressed, hard the power cut.
struct PowerOff {
  bool hard;
  std::string guid;
  Revision expected_revision;
  bool operator==(const PowerOff&) const = default;
};
/// Annotation with the power as known, once the node is off.
struct RecordOff {
  std::string power;
  TimePoint since;  ///< it is known to be off
  /// Where the Node does not carry our mark: a restored cluster knows nothing of it.
  std::optional<MarkNode> mark = {};
  bool operator==(const RecordOff&) const = default;
};
/// Kubernetes' out-of-service taint with our annotation beside it, only if the Node's
/// resourceVersion is still `expected_revision`: its pods are ended and its volumes detached by
/// force.
struct TakeOutOfService {
  Revision expected_revision;
  bool operator==(const TakeOutOfService&) const = default;
};
/// Takes that taint off again if it is ours.
struct PutInService {
  bool operator==(const PutInService&) const = default;
};
/// An awake agent that sends the packets on its own segment too.
struct Relay {
  NodeName node;
  std::uint32_t broadcast = 0;  ///< the segment's broadcast address, in host byte order
  std::uint16_t port = 0;
  bool operator==(const Relay&) const = default;
};
/// Before a machine starts, where only so many may boot at once: it counts as booting from then on,
/// for a successor too (S6).
struct RecordWake {
  TimePoint at;
  bool operator==(const RecordWake&) const = default;
};
/// Once by one method; repeats, and those by the next method, are attempts 2, 3, ...
struct WakeNode {
  std::string address;            ///< wol: "host:port"
  std::vector<std::string> macs;  ///< wol
  WakeMethod method = WakeMethod::wol;
  std::vector<Relay> relays = {};   ///< wol: who sends it too
  bool raw = true;                  ///< wol: as Ethernet frames too, where that can be
  std::string secure_on_file = {};  ///< wol: holds its password, which no order does; empty: none
  bool operator==(const WakeNode&) const = default;
};
/// Removes what is ours: taint, annotations, and the cordon if we set it.
struct UnmarkNode {
  std::string wake_proof;  ///< written as annotation when not empty (S15, S23)
  bool operator==(const UnmarkNode&) const = default;
};
struct QuarantineNode {
  TimePoint until;
  std::int64_t failures;
  bool ended = false;  ///< a person ends it: nothing of it stays on the Node
  Duration slept{};    ///< until it was first woken
  bool operator==(const QuarantineNode&) const = default;
};
struct RecordHold {
  std::string text;  ///< core/marks.h's hold text; empty: removes the annotation
  bool operator==(const RecordHold&) const = default;
};
struct RecordRequest {
  std::string text;  ///< core/marks.h's request text; empty: removes the annotation
  bool operator==(const RecordRequest&) const = default;
};
/// Of the fleet, not of a node: the annotation on the Lease by which a freeze outlives us (S27).
struct RecordFreeze {
  std::string text;  ///< core/marks.h's freeze text; empty: removes the annotation
  bool operator==(const RecordFreeze&) const = default;
};
struct ScaleWorkload {
  std::string kind, ns, name;
  std::int64_t replicas;
  std::string group = "apps";
  bool operator==(const ScaleWorkload&) const = default;
};

/// Of a pod that no node has yet: from now on it is this node's. The server refuses it for a pod
/// that is bound, or is another one of that name, so that two who bind agree.
struct BindPod {
  PodRef pod;
  NodeName node;
  bool operator==(const BindPod&) const = default;
};
/// Of a pod that nobody can place: its condition PodScheduled=False, reason Unschedulable.
struct ReportUnschedulable {
  PodRef pod;
  std::string message;
  bool newly = true;  ///< its condition did not say so before
  bool operator==(const ReportUnschedulable&) const = default;
};
/// Our PreferNoSchedule taint onto a Node, or off it (S11).
struct SoftTaint {
  bool present = false;
  bool operator==(const SoftTaint&) const = default;
};

/// One thing to do, as data. Same order as Verb.
using Action = std::variant<MarkNode, EvictPods, ListPods, ShutdownNode, PowerOff, RecordOff,
                            TakeOutOfService, PutInService, RecordWake, WakeNode, UnmarkNode,
                            QuarantineNode, RecordHold, RecordRequest, RecordFreeze, ScaleWorkload,
                            BindPod, ReportUnschedulable, SoftTaint>;

/// One of a bucket's tokens (S6): a bucket gains one each `interval` and is full after `fill`.
struct Token {
  std::string bucket;  ///< "starts of pool workers"
  Duration interval{};
  Duration fill{};
  bool begins_full = false;  ///< whatever another leader may have taken
  bool operator==(const Token&) const = default;
};

/// Whose pods a machine is started for.
struct Asker {
  std::string ns;
  std::string controller = {};  ///< controller_key() of the pod; empty: it has none
  bool operator==(const Asker&) const = default;
};

struct Step {
  StepId id;
  Action action;
  Reason reason;
  std::int64_t fence = 0;           ///< of the Lease under which it was decided; 0: none held
  std::vector<PodRef> pods = {};    ///< that it is done for or to; told to them as Events
  std::vector<Token> tokens = {};   ///< that it takes, of starts or downs
  Duration jitter = {};             ///< of a start: its packet is sent so much later
  std::optional<Asker> asker = {};  ///< of a start that is for pods
  bool operator==(const Step&) const = default;
};

/// True for steps that take capacity away: only the Lease's holder may.
[[nodiscard]] constexpr bool takes_capacity_away(Verb verb) {
  return verb == Verb::mark || verb == Verb::evict || verb == Verb::shutdown;
}

/// Can't be undone: journalled with fsync before it is sent, and sent only while the Lease stands.
[[nodiscard]] constexpr bool is_grave(Verb verb) {
  return takes_capacity_away(verb) || verb == Verb::out_of_service || verb == Verb::power_off;
}

/// All but packets and what a person asked for: two that write one Node at the same time undo each
/// other.
[[nodiscard]] constexpr bool needs_lease(Verb verb) {
  return verb != Verb::wake && verb != Verb::record_hold && verb != Verb::record_request &&
         verb != Verb::record_freeze;
}

}  // namespace ecokube::core
