#include "coordinator/core/packing.h"

#include <algorithm>
#include <utility>

namespace ecokube::core {

Packing::Packing(const World& world, std::vector<Bin> bins, WakeBudget& budget)
    : world_(world), bins_(std::move(bins)), budget_(budget), neighbours_(world) {
  for (auto& bin : bins_) {
    if (bin.asleep()) bin.watts = budget.part_of(*bin.node);
  }
}

/// Largest first packs best; equal ones keep their order, so the result is one.
Placement Packing::run(std::vector<Demand> demand) {
  std::stable_sort(demand.begin(), demand.end(), [](const Demand& a, const Demand& b) {
    return a.requests.cpu_millicores > b.requests.cpu_millicores;
  });
  // Who may have nothing woken takes of what comes up for others only what they leave.
  std::vector<const Demand*> last;
  for (const auto& item : demand) {
    if (budget_.has_wake_for(item.asker)) {
      add(item, true);
    } else if (!add_to_own(item)) {
      last.push_back(&item);
    }
  }
  for (const auto* item : last) add(*item, false);  // no wake was given back since
  return std::move(placement_);
}

bool Packing::contains(const Kinds& kinds, const KubePod* pod) {
  return pod != nullptr &&
         std::ranges::any_of(kinds, [&](const KubePod* other) { return same_kind(*other, *pod); });
}

void Packing::remember(Kinds& kinds, const KubePod* pod) {
  constexpr std::size_t kRemembered = 16;
  if (pod != nullptr && kinds.size() < kRemembered) kinds.push_back(pod);
}

bool Packing::fits(const Bin& bin, const Demand& item, const Neighbours::Rules& rules) {
  return item.requests.fits_in(bin.room) &&
         could_run_on(*bin.node, item.node_selector, item.tolerations, item.node_affinity) &&
         rules.obstacle(*bin.node->kube).empty();
}

const KubePod* Packing::pod_of(const Demand& item) const {
  if (!item.pod) return nullptr;
  const auto pod = world_.pods.find(item.pod->uid);
  return pod == world_.pods.end() ? nullptr : &pod->second;
}

Neighbours::Rules Packing::rules_for(const KubePod* pod) {
  return pod == nullptr ? Neighbours::Rules() : neighbours_.rules_for(*pod);
}

bool Packing::add_to_own(const Demand& item) {
  const auto* pod = pod_of(item);
  if (contains(misfits_, pod) || contains(without_own_, pod)) return false;
  const auto rules = rules_for(pod);
  const auto own = std::ranges::find_if(bins_, [&](const Bin& bin) {
    const bool others = !bin.up_for.empty() && bin.up_for != item.asker.ns;
    return !bin.asleep() && !others && fits(bin, item, rules);
  });
  if (own == bins_.end()) {
    remember(without_own_, pod);
    return false;
  }
  put(*own, item, pod);
  return true;
}

void Packing::add(const Demand& item, bool may_wake) {
  const auto* pod = pod_of(item);
  if (contains(misfits_, pod)) return placement_.unplaced.push_back(item.what);
  if (contains(held_, pod)) return placement_.held.push_back(budget_.held(item));
  const auto rules = rules_for(pod);
  Bin* kept = nullptr;  // has room; a cap or a quota keeps it asleep
  for (auto& bin : bins_) {
    if (!fits(bin, item, rules)) continue;
    if (!bin.asleep() || (may_wake && WattsBook::fits(bin.watts))) return put(bin, item, pod);
    if (kept == nullptr) kept = &bin;
  }
  if (kept == nullptr) {
    remember(misfits_, pod);
    return placement_.unplaced.push_back(item.what);
  }
  if (may_wake) return put(*kept, item, pod);
  remember(held_, pod);
  placement_.held.push_back(budget_.held(item));
}

void Packing::put(Bin& bin, const Demand& item, const KubePod* pod) {
  if (bin.asleep()) {
    bin.tier = Tier::coming_up;
    if (WattsBook::fits(bin.watts)) {  // else it will not start, and takes nothing
      WattsBook::take(bin.watts);
      budget_.take_wake_for(item.asker);
    }
    bin.up_for = item.asker.ns;
    without_own_.clear();  // they may go there, too
  }
  bin.room -= item.requests;
  if (pod != nullptr) {
    neighbours_.place(*pod, *bin.node->kube);
    for (auto* kinds : {&misfits_, &held_, &without_own_}) {
      std::erase_if(*kinds, [](const KubePod* one) { return may_gain_by_neighbours(*one); });
    }
  }
  const bool first = placement_.needed_for.try_emplace(bin.node->name, item).second;
  if (first) return;
  auto& others = placement_.others[bin.node->name];
  ++others.count;
  if (item.pod) others.pods.push_back(*item.pod);
}

}  // namespace ecokube::core
