#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/names.h"
#include "common/policy_clock.h"
#include "common/units.h"
#include "coordinator/core/cluster_facts.h"
#include "coordinator/core/step.h"

namespace ecokube::core {

/// A subnet as all on it have it: its first address and its prefix.
using Segment = std::pair<std::uint32_t, int>;

enum class Mode { off, advise, act };

/// So many a minute, and `burst` of them at once after a quiet time; 0: no limit.
struct RateLimit {
  std::int64_t per_minute = 0;
  std::int64_t burst = 1;
  bool operator==(const RateLimit&) const = default;
};

/// How many machines are switched on and off together, so that no fuse blows (S6). 0: no limit.
struct InrushLimits {
  RateLimit starts, downs;
  std::int64_t booting_max = 0;         ///< woken and not Ready yet
  std::optional<Power> watts_cap = {};  ///< of all that are not proven off, each at its peak
  bool operator==(const InrushLimits&) const = default;
};

/// [inrush]: of all machines, and of each power domain.
struct Inrush {
  InrushLimits all{{60, 20}, {60, 20}, 0};
  InrushLimits power_domain;
  std::map<std::string, InrushLimits> power_domains;  ///< [[power_domain]]: of one, by its name
  Power peak_default = Power::watts(500);             ///< of a machine whose peak is not known
  std::string power_domain_label = "topology.ecokube.io/power-domain";
  Duration jitter{std::chrono::seconds(1)};  ///< most that one of many starts is held back
};

/// [[namespace_quota]]: how many machines are woken for a namespace's pods (S6).
struct NamespaceQuota {
  std::int64_t wakes_per_hour = 1;
  std::int64_t burst = 1;  ///< at once, after a quiet time
  bool operator==(const NamespaceQuota&) const = default;
};
/// The name that stands for every namespace that has no quota of its own.
inline constexpr std::string_view kEveryNamespace = "*";

/// [[pool]]: the first that matches a node wins; a node in no pool is never touched.
struct Pool {
  std::string name;
  std::vector<NodeName> names;
  Labels node_selector;
  Mode mode = Mode::advise;
  std::int64_t min_on = 0;
  std::int64_t spare = 0;   ///< idle nodes kept on beyond demand
  bool prove_wakes = true;  ///< one node at a time is put down and woken again to prove its wake
  SleepMode sleep_mode = SleepMode::power_off;  ///< of machines that can; sleep_mode_of()
  bool hard_off = false;  ///< a machine that hangs on its way down is switched off by its BMC
  std::optional<Duration> unneeded_time = {};  ///< absent: each node's break-even time
  InrushLimits inrush = {};                    ///< of this pool's machines
  std::optional<Power> peak = {};              ///< of each of them
};

/// [recovery]: what the way back from a failure of the whole site needs (S24).
struct Recovery {
  std::vector<NodeName> names;  ///< these, and those that the selector fits, never sleep
  Labels node_selector;         ///< empty: fits none
  Duration ups_rest{std::chrono::minutes(5)};  ///< from a UPS's off to the wake that undoes it
};

/// What lets a node's management controller cut its power, beside its pool's leave (S19).
enum class BmcOff {
  identified,  ///< that it says that it is this machine's
  configured,  ///< that, or the configuration where it never says whose it is
  never
};

/// [[node]]: overrides of what the agent reports.
struct NodeOverride {
  std::string wake_address;
  std::vector<WakeMethod> methods;  ///< empty: wol, and bmc_by behind it where there is a BMC
  bool bmc = false;  ///< it has a management controller, whose power readings are the proof
  std::string bmc_guid = {};  ///< what that one says it is, where its GUID is not the SMBIOS UUID
  WakeMethod bmc_by = WakeMethod::ipmi;  ///< how that one is asked
  BmcOff bmc_off = BmcOff::identified;
  std::string bmc_address = {};     ///< where its BMC is asked, without the port; empty: a program
  std::string secure_on_file = {};  ///< holds the password of its magic packets; empty: none
  std::string power_domain = {};    ///< whose fuse feeds it; empty: as its label says
  std::optional<Power> peak = {};
};

/// How long a method that is not the last is tried where nothing was learned of the node.
inline constexpr Duration kWakeMethodTimeout{std::chrono::seconds(180)};

/// [[scaler]] with KEDA's field names and meaning (Kafka scaler, ScaledObject).
struct Scaler {
  std::string name;
  std::string api_version = "apps/v1";  ///< of scaleTargetRef, as the next three
  std::string kind = "Deployment";
  std::string ns = "default";
  std::string target;
  std::string bootstrap_servers;
  std::string topic;
  std::string consumer_group;
  std::int64_t lag_threshold = 10;
  std::int64_t activation_lag_threshold = 0;
  std::int64_t min_replica_count = 0;
  std::int64_t max_replica_count = 100;
  Duration cooldown_period{std::chrono::seconds(300)};
  Duration polling_interval{std::chrono::seconds(1)};

  [[nodiscard]] std::string target_kind() const { return kind_key(group_of(api_version), kind); }
  [[nodiscard]] std::string target_key() const { return target_kind() + "/" + ns + "/" + target; }
  /// For people: "Deployment/default/worker".
  [[nodiscard]] std::string target_text() const { return kind + "/" + ns + "/" + target; }
};

/// Everything a user may set that decisions depend on. Defaults are the safe ones.
struct Policy {
  bool dry_run = false;
  std::vector<Pool> pools;
  std::vector<Scaler> scalers;
  std::map<NodeName, NodeOverride> nodes;
  /// "namespace/name" or "namespace/*": DaemonSets whose pods serve at a node's address and may
  /// stop with it all the same (S22).
  std::vector<std::string> daemonsets_may_stop{"kube-system/*"};
  /// Room is kept awake for the loss of any one node that carries replicas of a service (S22).
  bool cover_node_loss = true;
  /// Pods whose spec.schedulerName is this are bound by us; empty: none are.
  std::string scheduler_name = "ecokube";
  /// Awake agents send magic packets for sleepers on their segments.
  bool relay = true;
  bool raw_wake = true;            ///< magic packets go as Ethernet frames too, where that can be
  std::set<Segment> own_segments;  ///< that the coordinator's host is on
  Inrush inrush;
  Recovery recovery;
  std::map<std::string, NamespaceQuota> namespace_quotas;  ///< by name; empty: no limit
  NodeName host_node;  ///< the coordinator's own host: never put down (S4)

  Duration settle{std::chrono::seconds(2)};                 ///< S1
  Duration cluster_view_age_max{std::chrono::seconds(30)};  ///< S2
  Duration demand_age_max{std::chrono::seconds(15)};        ///< S2
  Duration heartbeat_age_max{std::chrono::seconds(20)};     ///< silence that makes an agent absent
  Duration silence_to_off{
      std::chrono::seconds(10)};  ///< t_down: from link closed to off (inferred)
  Duration drain_deadline{std::chrono::minutes(10)};  ///< from mark to the last pod gone
  Duration down_deadline{std::chrono::seconds(180)};  ///< from shutdown sent to goodbye
  Duration wake_deadline{std::chrono::seconds(600)};  ///< S7, from first packet to Ready
  Duration services_wait{std::chrono::seconds(120)};  ///< S26, from Ready to all its services
  std::optional<Duration> wake_method_timeout;        ///< of each but the last method; else learned
  Duration wake_repeat{std::chrono::seconds(2)};
  Duration bmc_poll{std::chrono::seconds(60)};            ///< between two readings of a BMC
  Duration bmc_poll_close{std::chrono::seconds(5)};       ///< ... of one that is looked at closely
  Duration bmc_power_interval{std::chrono::seconds(60)};  ///< ... of what a machine draws; 0: never
  Duration person_wake_for{std::chrono::hours(1)};     ///< how long a person's wake keeps a node on
  Duration quarantine_base{std::chrono::minutes(10)};  ///< doubles with each failure
  Duration wake_proof_age_max{std::chrono::hours(24 * 30)};  ///< S15
  Duration first_sleep{std::chrono::minutes(15)};            ///< S18, of what has not slept longer
  Duration sleep_max{std::chrono::hours(24 * 14)};           ///< S26
  std::int64_t downs_per_day_max = 24;                       ///< S17
  std::int64_t unready_percent_max = 30;                     ///< S16
};

/// The pool of a node, or nullptr.
[[nodiscard]] const Pool* pool_of(const Policy& policy, const NodeName& name, const Labels& labels);
/// Its [[node]], or nullptr.
[[nodiscard]] const NodeOverride* override_of(const Policy& policy, const NodeName& name);

}  // namespace ecokube::core
