// What doctor finds of nodes and their pools.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "coordinator/api/doctor.h"
#include "coordinator/core/power.h"
#include "coordinator/core/wake_chain.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube {
namespace {

using core::Lifecycle;
using core::Node;
using core::Policy;
using core::World;

/// Why a node of a pool stays on until a person does something: nothing, or in which way (which may
/// be empty where the kind's own text says all).
using Look = std::optional<std::string> (*)(const Policy&, const Node&, TimePoint now);

struct NodeKind {
  Level level;
  std::string_view code, text, what_to_do;  ///< "NODE" stands for the first of them
  Look look;
};

std::optional<std::string> said_if(bool so, std::string detail = "") {
  if (!so) return std::nullopt;
  return detail;
}

bool ever_heard(const Node& node) { return node.agent.heard_at || !node.inventory.boot_id.empty(); }

/// It need not hear packets.
bool by_its_bmc(const Policy& policy, const Node& node) {
  return std::ranges::any_of(core::wake_methods(node, policy), core::by_bmc);
}

const std::array kKinds{
    NodeKind{Level::problem, "Quarantined", "it did not wake when it should",
             "ecoctl unquarantine NODE",
             [](const Policy&, const Node& node, TimePoint) {
               return said_if(node.state == Lifecycle::quarantined, node.last_problem);
             }},
    NodeKind{Level::problem, "AgentSilent", "its agent has gone silent without a goodbye",
             "look at the machine and its ecokube-agent",
             [](const Policy& policy, const Node& node, TimePoint now) {
               return said_if(ever_heard(node) && !core::agent_alive(node, policy, now) &&
                              core::state_at(node, policy, now) == Lifecycle::unknown);
             }},
    NodeKind{Level::warning, "NoAgent", "no agent has ever connected",
             "install ecokube-agent on it",
             [](const Policy&, const Node& node, TimePoint) { return said_if(!ever_heard(node)); }},
    NodeKind{Level::warning, "WakeNotArmed", "no NIC of it is armed for Wake-on-LAN",
             "arm one there: ethtool -s NIC wol g",
             [](const Policy& policy, const Node& node, TimePoint now) {
               const auto& nics = node.agent.nics;
               return said_if(core::agent_alive(node, policy, now) && node.agent.sequence > 0 &&
                              std::ranges::none_of(nics, &core::NicFacts::wake_armed) &&
                              !by_its_bmc(policy, node));
             }},
    NodeKind{Level::warning, "NoWakeAddress", "no address is known for its magic packet",
             "set [wake] address in its agent.toml, or [[node]] address in coordinator.toml",
             [](const Policy& policy, const Node& node, TimePoint) {
               return said_if(ever_heard(node) && core::wake_address_of(node, policy).empty() &&
                              !by_its_bmc(policy, node));
             }},
    NodeKind{Level::problem, "WrongBmc", "its BMC is another machine's",
             "compare the [[node]] bmc_address of coordinator.toml with the machines",
             [](const Policy& policy, const Node& node, TimePoint) {
               const bool wrong = core::has_bmc(policy, node.name) &&
                                  core::bmc_identity(node, policy) == core::BmcIdentity::wrong;
               return said_if(wrong, node.bmc.contradicts ? "it says off while its agent speaks"
                                                          : node.bmc.guid);
             }},
    NodeKind{Level::warning, "BmcFails", "its BMC can't be read",
             "see docs/power-control.md for what each failure means",
             [](const Policy& policy, const Node& node, TimePoint) {
               const bool fails = core::has_bmc(policy, node.name) && node.bmc.failure;
               return said_if(fails, fails ? node.bmc.failure->message : "");
             }},
    NodeKind{Level::warning, "WakeNotProven", "no wake of it was seen, or too long ago",
             "ecoctl test-wake NODE --wait; pools with prove_wakes do it once it is idle",
             [](const Policy& policy, const Node& node, TimePoint now) {
               return said_if(!core::wake_proven(node, policy, now));
             }},
    NodeKind{Level::warning, "Held", "a person holds it", "ecoctl release NODE",
             [](const Policy&, const Node& node, TimePoint now) {
               const auto* hold = core::hold_at(node, now);
               return said_if(hold != nullptr,
                              hold == nullptr ? "" : hold->by + ": " + hold->reason);
             }},
    NodeKind{Level::warning, "OwnedByOther", "another controller owns its power or health",
             "pause that one, then say so: docs/kubernetes.md",
             [](const Policy&, const Node& node, TimePoint) {
               return said_if(!node.kube->owned_by.empty(), node.kube->owned_by);
             }},
    NodeKind{Level::warning, "AgentVeto", "its agent would refuse to switch it off",
             "see to the reason on that machine",
             [](const Policy&, const Node& node, TimePoint) {
               const auto& vetoes = node.agent.vetoes;
               return said_if(!vetoes.empty(), vetoes.empty() ? "" : vetoes.front());
             }},
};

struct Group {
  std::vector<std::string> names;
  std::string detail;  ///< of the first
};

struct PoolCount {
  std::int64_t nodes = 0;
  std::int64_t kept_on = 0;
  std::map<std::string_view, std::int64_t> why;
};

class NodesExam {
 public:
  NodesExam(const Policy& policy, TimePoint now) : policy_(policy), now_(now) {}

  void look_at(const Node& node) {
    if (!node.kube) return not_in_cluster_.push_back(node.name);
    const auto* pool = core::pool_of(policy_, node.name, node.kube->labels);
    if (pool == nullptr) return not_in_pool_.push_back(node.name);
    auto& count = pools_[pool];
    ++count.nodes;
    if (pool->mode == core::Mode::off) return;
    bool kept_on = false;
    const auto keep = [&](std::string_view code) {
      ++count.why[code];
      kept_on = true;
    };
    if (always_on(policy_, node)) {
      keep("ControlPlane");
    } else {
      for (const auto& kind : kKinds) {
        auto detail = kind.look(policy_, node, now_);
        if (!detail) continue;
        keep(kind.code);
        auto& group = groups_[&kind];
        if (group.names.empty()) group.detail = std::move(*detail);
        group.names.push_back(node.name);
      }
    }
    if (kept_on) ++count.kept_on;
  }

  void tell(std::vector<Finding>& out) const {
    for (const auto& pool : policy_.pools) tell_pool(pool, out);
    for (const auto& [kind, group] : groups_) tell_kind(*kind, group, out);
    if (!not_in_cluster_.empty()) {
      out.push_back({Level::warning, "NotInCluster", first_few(not_in_cluster_),
                     "an agent has connected, but Kubernetes has no Node of this name",
                     "give its agent the Node's name: node_name in agent.toml"});
    }
    if (!not_in_pool_.empty()) {
      out.push_back({Level::ok, "NotInPool", first_few(not_in_pool_),
                     fmt::format("{} in no pool and never touched", not_in_pool_.size()), ""});
    }
  }

 private:
  static void tell_kind(const NodeKind& kind, const Group& group, std::vector<Finding>& out) {
    std::string text(kind.text);
    if (!group.detail.empty()) {
      text += fmt::format(" ({}{})", group.names.size() == 1 ? "" : group.names.front() + ": ",
                          group.detail);
    }
    std::string what(kind.what_to_do);
    constexpr std::string_view kNode = "NODE";
    if (const auto at = what.find(kNode); at != std::string::npos) {
      what.replace(at, kNode.size(), group.names.front());
    }
    out.push_back({kind.level, std::string(kind.code), first_few(group.names), std::move(text),
                   std::move(what)});
  }

  void tell_pool(const core::Pool& pool, std::vector<Finding>& out) const {
    const std::string subject = "pool " + pool.name;
    const auto found = pools_.find(&pool);
    if (found == pools_.end()) {
      out.push_back({Level::warning, "PoolEmpty", subject, "it matches no node",
                     "correct its node_selector or names; the first pool that matches wins"});
      return;
    }
    const auto& count = found->second;
    if (pool.mode == core::Mode::off) {
      out.push_back({Level::ok, "PoolOff", subject,
                     fmt::format("mode off: its {} nodes are left as they are", count.nodes), ""});
    } else if (count.kept_on == count.nodes) {
      std::string why;
      for (const auto& [code, nodes] : count.why) {
        why += fmt::format("{}{} {}", why.empty() ? "" : ", ", code, nodes);
      }
      out.push_back({pool.mode == core::Mode::act ? Level::problem : Level::warning,
                     "NothingCanSleep", subject,
                     fmt::format("none of its {} nodes can ever sleep: {}", count.nodes, why),
                     "see the findings of these names"});
    } else if (pool.min_on >= count.nodes) {
      out.push_back({Level::warning, "NothingCanSleep", subject,
                     fmt::format("none of its {} nodes can ever sleep: min_on is {}", count.nodes,
                                 pool.min_on),
                     "lower min_on of this [[pool]]"});
    } else {
      out.push_back({Level::ok, "Pool", subject,
                     fmt::format("mode {}; {} of its {} nodes can sleep",
                                 pool.mode == core::Mode::act ? "act" : "advise",
                                 count.nodes - count.kept_on, count.nodes),
                     ""});
    }
  }

  const Policy& policy_;
  TimePoint now_;
  std::map<const core::Pool*, PoolCount> pools_;
  std::map<const NodeKind*, Group> groups_;  // in the order of kKinds
  std::vector<std::string> not_in_cluster_, not_in_pool_;
};

}  // namespace

bool always_on(const Policy& policy, const Node& node) {
  return node.name == policy.host_node ||
         node.kube->labels.contains(std::string(names::kControlPlaneLabel));
}

void examine_nodes(const World& world, const Policy& policy, TimePoint now,
                   std::vector<Finding>& out) {
  NodesExam exam(policy, now);
  for (const auto& [name, node] : world.nodes) exam.look_at(node);
  exam.tell(out);
}

}  // namespace ecokube
