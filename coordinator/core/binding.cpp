#include "coordinator/core/binding.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "coordinator/core/bind_bins.h"
#include "coordinator/core/neighbours.h"
#include "coordinator/core/safety.h"

namespace ecokube::core {
namespace {

constexpr std::int64_t kInFlightMax = 64;  ///< binds and reports together
constexpr Duration kReportEvery{
    std::chrono::seconds(10)};  ///< for one pod, when its reason changes
constexpr std::size_t kKindsRemembered = 16;

/// One of a kind that fits nowhere, and what is said of it once somebody asks.
struct Misfit {
  const KubePod* pod;
  std::string message;
};

class Binder {
 public:
  Binder(const World& world, const Policy& policy, TimePoint now)
      : world_(world), policy_(policy), now_(now), neighbours_(world) {}

  BindPlan run() {
    if (policy_.scheduler_name.empty() || !may_write()) return {};
    for (const auto& [uid, placing] : world_.placings) {
      if (placing.in_flight) ++in_flight_;
    }
    ask_again();
    const auto waiting = waiting_pods();
    if (!waiting.empty()) bins_ = open_bins(world_, policy_, now_);
    for (const auto* pod : waiting) {
      if (in_flight_ >= kInFlightMax) break;
      if (may_try(pod->uid)) consider(*pod);
    }
    return std::move(plan_);
  }

 private:
  /// Only the leader, and only by a fresh view (S2, S5).
  [[nodiscard]] bool may_write() const {
    const auto age_max = policy_.cluster_view_age_max;
    const bool fell = world_.went_backwards_at && now_ - *world_.went_backwards_at <= age_max;
    return leads(world_, world_.fence, now_) && world_.fence >= world_.fence_highest_seen &&
           world_.cluster_ok && world_.cluster_seen_at &&
           now_ - *world_.cluster_seen_at <= age_max && !fell;
  }

  /// A bind whose answer was lost may hold, so the pod is offered to no other node.
  void ask_again() {
    for (const auto& [uid, placing] : world_.placings) {
      const auto pod = world_.pods.find(uid);
      if (!placing.uncertain || pod == world_.pods.end() || !may_try(uid)) continue;
      const auto node = world_.nodes.find(placing.node);
      if (node == world_.nodes.end() || !why_closed(node->second, policy_, now_).empty()) continue;
      bind(pod->second, placing.node, "no answer came to the last try");
    }
  }

  [[nodiscard]] std::vector<const KubePod*> waiting_pods() const {
    std::vector<const KubePod*> waiting;
    for (const auto& uid : world_.pods_unbound) {
      const auto& pod = world_.pods.at(uid);
      if (waits_for_us(policy_, pod)) waiting.push_back(&pod);
    }
    std::sort(waiting.begin(), waiting.end(), [](const KubePod* a, const KubePod* b) {
      return std::tie(b->priority, a->created, a->ns, a->name) <
             std::tie(a->priority, b->created, b->ns, b->name);
    });
    return waiting;
  }

  bool may_try(const std::string& uid) {
    const auto placing = world_.placings.find(uid);
    if (placing == world_.placings.end()) return true;
    if (placing->second.in_flight) return false;
    const auto& retry = placing->second.retry_not_before;
    if (!retry || *retry <= now_) return true;
    look_again(*retry);
    return false;
  }

  void consider(const KubePod& pod) {
    std::string of_its_own;
    if (!pod.not_placeable.empty()) return report(pod, of_its_own);
    const auto known = std::find_if(misfits_.begin(), misfits_.end(), [&](const Misfit& other) {
      return same_kind(*other.pod, pod);
    });
    if (known != misfits_.end()) return report(pod, known->message);
    auto* bin = fullest_that_fits(bins_, pod, neighbours_.rules_for(pod));
    if (bin == nullptr) {
      if (misfits_.size() >= kKindsRemembered) misfits_.erase(misfits_.begin());
      misfits_.push_back({&pod, {}});
      return report(pod, misfits_.back().message);
    }
    bin->room -= pod.requests;
    neighbours_.place(pod, *bin->node->kube);
    std::erase_if(misfits_, [](const Misfit& one) { return may_gain_by_neighbours(*one.pod); });
    bind(pod, bin->node->name, "the fullest node that has room");
  }

  void bind(const KubePod& pod, const NodeName& node, const std::string& why) {
    plan_.placed[pod.uid] = node;
    add(pod, Verb::bind, BindPod{ref_of(pod), node},
        {"Packed", pod.ns + "/" + pod.name + " goes to " + node + ": " + why});
  }

  /// Said once, and again when the reason has changed and not too often. `message` is made where
  /// it is empty.
  void report(const KubePod& pod, std::string& message) {
    const auto placing = world_.placings.find(pod.uid);
    const bool said = placing != world_.placings.end() && !placing->second.reported.empty();
    if (said && now_ < *placing->second.reported_at + kReportEvery) {
      return look_again(*placing->second.reported_at + kReportEvery);
    }
    if (message.empty()) message = why_nowhere(bins_, pod, neighbours_.rules_for(pod));
    if (message == (said ? placing->second.reported : pod.refusal)) return;
    Reason reason{"Unschedulable", message};
    add(pod, Verb::report_unschedulable,
        ReportUnschedulable{ref_of(pod), message, !pod.unschedulable}, std::move(reason));
  }

  void add(const KubePod& pod, Verb verb, Action action, Reason reason) {
    const auto placing = world_.placings.find(pod.uid);
    std::int64_t attempt = 1;
    if (placing != world_.placings.end()) {
      const auto before = placing->second.attempts.find(verb);
      if (before != placing->second.attempts.end()) attempt = before->second + 1;
    }
    ++in_flight_;
    plan_.steps.push_back(Step{{subject_of(ref_of(pod)), verb, 0, attempt},
                               std::move(action),
                               std::move(reason),
                               world_.fence,
                               {ref_of(pod)}});
  }

  void look_again(TimePoint at) {
    plan_.reconsider_at = plan_.reconsider_at ? std::min(*plan_.reconsider_at, at) : at;
  }

  const World& world_;
  const Policy& policy_;
  TimePoint now_;
  Neighbours neighbours_;
  std::vector<BindBin> bins_;
  std::vector<Misfit> misfits_;
  std::int64_t in_flight_ = 0;
  BindPlan plan_;
};

}  // namespace

bool waits_for_us(const Policy& policy, const KubePod& pod) {
  return !policy.scheduler_name.empty() && pod.scheduler == policy.scheduler_name &&
         pod.node.empty() && pod.phase == PodPhase::pending && !pod.deleting && !pod.gated;
}

BindPlan plan_binds(const World& world, const Policy& policy, TimePoint now) {
  return Binder(world, policy, now).run();
}

}  // namespace ecokube::core
