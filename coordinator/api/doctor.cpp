#include "coordinator/api/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "coordinator/api/times.h"
#include "coordinator/core/boot_proof.h"
#include "coordinator/core/inrush.h"
#include "coordinator/core/safety_identity.h"
#include "coordinator/core/scaler.h"

namespace ecokube {
namespace {

using core::Policy;
using core::World;
using Findings = std::vector<Finding>;

void examine_cluster(const World& world, const Policy& policy, TimePoint now, Findings& out) {
  constexpr std::string_view kLook = "look at its kubeconfig and rights: docs/kubernetes.md";
  const auto problem = [&](std::string code, std::string text) {
    if (!world.cluster_problem.empty()) text += ": " + world.cluster_problem;
    out.push_back(
        {Level::problem, std::move(code), "cluster", std::move(text), std::string(kLook)});
  };
  if (!world.cluster_listed) {
    problem("ClusterNotListed", "it was not listed yet, so nothing is decided");
  } else if (!world.cluster_ok || !world.cluster_seen_at ||
             now - *world.cluster_seen_at > policy.cluster_view_age_max) {
    problem("ClusterViewStale", "the view of it is too old, so nothing is switched off");
  } else {
    out.push_back({Level::ok, "ClusterSeen", "cluster",
                   "seen " + words(now - *world.cluster_seen_at) + " ago", ""});
  }
}

void examine_lease(const World& world, TimePoint now, Findings& out) {
  if (world.fence > 0 && world.lease_valid_until && now < *world.lease_valid_until) {
    out.push_back({Level::ok, "Leads", "Lease",
                   fmt::format("this coordinator leads, with fence {}", world.fence), ""});
    return;
  }
  if (!world.leader.empty()) {
    out.push_back({Level::ok, "StandsBy", "Lease",
                   "this coordinator stands by; " + world.leader + " leads", ""});
    return;
  }
  out.push_back({Level::warning, "NoLease", "Lease",
                 "this coordinator does not lead, and nobody is seen to",
                 fmt::format("kubectl get lease -n {} {} names who does", names::kLeaseNamespace,
                             names::kLeaseName)});
}

void examine_switches(const World& world, const Policy& policy, Findings& out) {
  if (const auto& freeze = world.freeze.now) {
    out.push_back(
        {Level::warning, freeze->wake_all ? "Evacuating" : "Frozen", "fleet",
         fmt::format("nothing is switched off: frozen by {}: {}", freeze->by, freeze->reason),
         "ecoctl unfreeze"});
  }
  if (policy.dry_run) {
    out.push_back({Level::warning, "DryRun", "fleet", "decisions are shown, nothing is done",
                   "set dry_run = false in coordinator.toml"});
  }
}

/// Nodes that are not who they are thought to be (S19), and boots that fail (S18).
void examine_machines(const World& world, const Policy& policy, TimePoint now, Findings& out) {
  std::map<std::string, std::vector<std::string>> named;
  std::map<std::string, std::string> first_text;
  for (const auto& [name, node] : world.nodes) {
    if (node.state != core::Lifecycle::ready)
      continue;  // one that boots is of two boots for a while
    core::Violations found;
    core::s19_right_machine(node, found);
    core::s19_no_twin(world, policy, node, now, found);
    for (const auto& one : found) {
      named[one.code].push_back(name);
      first_text.try_emplace(one.code, one.text);
    }
  }
  for (const auto& [code, names] : named) {
    out.push_back({Level::problem, code, first_few(names), first_text.at(code),
                   "docs/power-control.md says what each of these means"});
  }
  const auto fleet = core::count_fleet(world, policy, now);
  if (auto alarm = core::boots_alarm(world, policy, fleet)) {
    out.push_back({Level::problem, alarm->reason.code, "fleet", std::move(alarm->reason.text),
                   "look at their consoles; ecoctl wake NODE once they boot again"});
  }
}

void examine_scalers(const World& world, const Policy& policy, TimePoint now, Findings& out) {
  for (const auto& scaler : policy.scalers) {
    const auto reason = core::want_of(world, policy, scaler, now).reason;
    const std::string subject = "scaler " + scaler.name;
    if (reason.code == "TargetMissing") {
      out.push_back({Level::problem, reason.code, subject, reason.text,
                     "make it, or correct kind, namespace and target of this [[scaler]]"});
    } else if (reason.code == "TargetUnknown") {
      out.push_back({Level::problem, reason.code, subject,
                     fmt::format("{} is not seen, so nodes that its pods may use stay on: {}",
                                 scaler.target_text(), reason.text),
                     "give the coordinator the rights for this kind: docs/kubernetes.md"});
    } else if (reason.code == "TargetOver") {
      out.push_back({Level::warning, reason.code, subject, reason.text + " and is left alone",
                     "name another Job, or remove this [[scaler]]"});
    } else if (reason.code == "LagUnknown") {
      out.push_back({Level::problem, reason.code, subject, "its lag is not known: " + reason.text,
                     "correct bootstrap_servers, topic and consumer_group of this [[scaler]]"});
    } else if (reason.code == "OwnedByOther") {
      out.push_back({Level::warning, reason.code, subject, reason.text + ", so this one does not",
                     "remove one of the two"});
    }
  }
}

/// A name that no machine has, as by a slip of the pen, caps nothing.
void examine_power_domains(const World& world, const Policy& policy, Findings& out) {
  if (policy.inrush.power_domains.empty()) return;
  std::set<std::string> known;
  for (const auto& [name, node] : world.nodes) known.insert(core::power_domain_of(policy, node));
  for (const auto& [domain, limits] : policy.inrush.power_domains) {
    if (known.contains(domain)) continue;
    out.push_back({Level::warning, "UnknownPowerDomain", "power domain " + domain,
                   "no node is of it, so its limits limit nothing",
                   fmt::format("correct this [[power_domain]], or the nodes' label {}",
                               policy.inrush.power_domain_label)});
  }
}

void examine_budgets(const World& world, Findings& out) {
  std::vector<std::string> names;
  for (const auto& [key, budget] : world.budgets) {
    if (budget.never_allows) names.push_back(key);
  }
  if (names.empty()) return;
  out.push_back({Level::warning, "BudgetNeverAllows", "budget " + first_few(names),
                 "no pod under it can ever be moved, so its nodes stay on",
                 "give the workload one more replica, or the budget room for one"});
}

/// One finding for each DaemonSet that serves: its pods are on many nodes.
void examine_daemonsets(const World& world, Findings& out) {
  std::map<std::string, std::set<std::string>> nodes;
  for (const auto& replicas : world.replicas.all) {
    if (replicas.kind != "DaemonSet") continue;
    for (const auto& uid : replicas.pods) {
      const auto& pod = world.pods.at(uid);
      if (pod.node.empty() || core::may_remain(pod, world.daemonsets_may_stop, world.services)) {
        continue;
      }
      const auto* service = core::service_of(pod, world.services);
      const auto why = service == nullptr ? "a host port" : "the Service " + service->key();
      nodes[pod.ns + "/" + pod.owner_name + " by " + why].insert(pod.node);
    }
  }
  for (const auto& [what, on] : nodes) {
    out.push_back({Level::warning, "DaemonSetServes", first_few({on.begin(), on.end()}),
                   "the DaemonSet " + what + " serves there, so these nodes stay on",
                   "if it may stop with its node, list it in [safety] daemonsets_may_stop"});
  }
}

void examine_scheduler(const World& world, Findings& out) {
  std::set<std::string> configs;
  for (const auto& [uid, pod] : world.pods) {
    const auto component = pod.labels.find("component");
    if (pod.ns != "kube-system" || component == pod.labels.end()) continue;
    if (component->second == "kube-scheduler") configs.insert(pod.config_file);
  }
  const std::string subject = "kube-scheduler";
  if (configs.empty()) {
    out.push_back({Level::ok, "SchedulerNotVisible", subject,
                   "which profile runs is not visible from here: no pod in kube-system is labelled "
                   "component=kube-scheduler",
                   ""});
  } else if (configs.contains("")) {
    out.push_back({Level::warning, "SchedulerSpreads", subject,
                   configs.size() == 1
                       ? "it runs without --config and spreads pods by default"
                       : "not all of them run with --config; without it they spread",
                   "give it one that packs: docs/kubernetes.md"});
  } else {
    out.push_back(
        {Level::ok, "SchedulerConfigured", subject,
         fmt::format("it runs with --config={}", first_few({configs.begin(), configs.end()})), ""});
  }
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::ok: return "ok";
    case Level::warning: return "warning";
    case Level::problem: return "problem";
  }
  return "?";
}

std::string first_few(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kNamed) text += fmt::format(" and {} more", names.size() - kNamed);
  return text;
}

std::vector<Finding> examine(const World& world, const Policy& policy, TimePoint now) {
  Findings findings;
  examine_cluster(world, policy, now, findings);
  examine_lease(world, now, findings);
  examine_switches(world, policy, findings);
  if (world.cluster_listed) {
    examine_nodes(world, policy, now, findings);
    examine_machines(world, policy, now, findings);
    examine_bmcs(world, policy, findings);
    examine_scalers(world, policy, now, findings);
    examine_power_domains(world, policy, findings);
    examine_budgets(world, findings);
    examine_daemonsets(world, findings);
    examine_scheduler(world, findings);
  }
  std::ranges::stable_sort(findings, std::greater(), &Finding::level);
  return findings;
}

Level worst_of(const std::vector<Finding>& findings) {
  Level worst = Level::ok;
  for (const auto& finding : findings) worst = std::max(worst, finding.level);
  return worst;
}

}  // namespace ecokube
