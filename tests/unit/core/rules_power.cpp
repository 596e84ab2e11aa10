#include "rules_power.h"

#include <algorithm>

#include "bench.h"

namespace ecokube::core::test {

bool works(const KubePod& pod) {
  const bool over = pod.phase == PodPhase::succeeded || pod.phase == PodPhase::failed;
  return pod.owner_kind != "DaemonSet" && !pod.mirror && !over;
}

bool held(const Node& node, TimePoint now) {
  return node.hold && (!node.hold->until || *node.hold->until > now);
}

bool speaks(const Node& node, const Policy& policy, TimePoint now) {
  return node.agent.connected && node.agent.heard_at &&
         *node.agent.heard_at + policy.heartbeat_age_max >= now;
}

bool in_pool(const Node& node) {
  const auto role = node.kube->labels.find("role");
  return role != node.kube->labels.end() && role->second == "worker";
}

bool asked_down(const Node& node, TimePoint now) {
  if (!node.request || (node.request->until && *node.request->until <= now)) return false;
  return node.request->verb == PersonVerb::sleep || node.request->verb == PersonVerb::test_wake;
}

namespace {

/// Counted in whole tokens, not by times as the core does it.
void has_token(const World& world, const Policy& policy, const std::string& bucket, TimePoint now,
               Broken& out) {
  const auto& limit =
      bucket.starts_with("starts") ? policy.inrush.all.starts : policy.inrush.all.downs;
  const auto each = Duration(60'000) / limit.per_minute;
  // Each machine may have been switched just before, by another.
  const auto before = std::min<std::int64_t>(limit.burst, std::ssize(world.nodes));
  auto missing = before - (now - *world.buckets.known_since) / each;
  const auto taken = world.buckets.full_at.find(bucket);
  if (taken != world.buckets.full_at.end()) {
    missing = std::max(missing, (taken->second - now + each - Duration(1)) / each);
  }
  if (missing >= limit.burst) out.push_back("S6 " + bucket);
}

bool counts_as_booting(const Policy& policy, const Node& node, TimePoint now) {
  const bool on = node.state == Lifecycle::ready || node.state == Lifecycle::draining;
  if (on && speaks(node, policy, now)) return false;
  // What was on, or given up, only by a wake that came later.
  const bool before = on || node.state == Lifecycle::quarantined;
  if (before && node.waking_at && *node.waking_at < node.since) return false;
  return node.state == Lifecycle::powering_up ||
         (node.waking_at && now - *node.waking_at < policy.wake_deadline);
}

bool read_off(const Node& node, const Policy& policy, TimePoint now) {
  const auto& bmc = node.bmc;
  if (!bmc.on || *bmc.on || bmc.equal < 2 || bmc.contradicts) return false;
  const auto differs = [&](const std::string& uuid) {
    return !bmc.guid.empty() && !uuid.empty() && uuid != bmc.guid;
  };
  if (differs(node.kube->system_uuid) || differs(node.inventory.machine.smbios_uuid)) return false;
  const bool old = *bmc.read_at + 3 * policy.bmc_poll < now;
  return !old && (!node.agent.heard_at || *node.agent.heard_at <= *bmc.read_at);
}

/// Off by two readings, or without a BMC by its goodbye; and no wake since.
bool proven_off(const Node& node, const Policy& policy, TimePoint now) {
  if (speaks(node, policy, now) || node.state == Lifecycle::powering_up) return false;
  const auto given = policy.nodes.find(node.name);
  const bool suspended = node.sleep.mode == SleepMode::suspend;
  const bool by_bmc = given != policy.nodes.end() && given->second.bmc && !suspended;
  if (by_bmc && !read_off(node, policy, now)) return false;
  if (!by_bmc && node.state != Lifecycle::powered_down) return false;
  if (!node.waking_at) return true;
  if (now - *node.waking_at < policy.wake_deadline) return false;
  const auto since = by_bmc ? node.bmc.read_at : node.sleep.since;
  return node.waking_unsent || (since && *since > *node.waking_at);
}

/// In these tests the pool may say what each of its machines draws at most.
std::int64_t watts_of(const Policy& policy, const Node& node) {
  const auto& peak = policy.pools.front().peak;
  return in_pool(node) && peak ? peak->milliwatts() : policy.inrush.peak_default.milliwatts();
}

void under_the_cap(const World& world, const Policy& policy, const Node& node, TimePoint now,
                   Broken& out) {
  const auto& cap = policy.inrush.all.watts_cap;
  if (!cap) return;
  auto watts = watts_of(policy, node);
  for (const auto& [name, other] : world.nodes) {
    if (name != node.name && !proven_off(other, policy, now)) watts += watts_of(policy, other);
  }
  if (watts > cap->milliwatts()) out.push_back("S6 watts");
}

/// A wake for somebody's pod takes a token of that one's quota, or replaces what was lost.
void within_the_quota(const World& world, const Policy& policy, const Step& step, TimePoint now,
                      Broken& out) {
  if (step.pods.empty()) return;
  const auto& pod = world.pods.at(step.pods.front().uid);
  const auto quota = policy.namespace_quotas.find(pod.ns);
  if (quota == policy.namespace_quotas.end()) return;
  const std::string bucket = "wakes for namespace " + pod.ns;
  const auto each = Duration(3'600'000) / quota->second.wakes_per_hour;
  const auto full = world.buckets.full_at.find(bucket);
  const bool empty =
      full != world.buckets.full_at.end() && full->second - now > each * (quota->second.burst - 1);
  const auto takes = std::count_if(step.tokens.begin(), step.tokens.end(),
                                   [&](const Token& token) { return token.bucket == bucket; });
  if (!empty && takes != 1) out.push_back("S6 takes no token of its quota");
  const bool lost =
      std::any_of(world.lost_pods.begin(), world.lost_pods.end(),
                  [&](const LostPod& one) { return one.controller == pod.ns + "/ReplicaSet/app"; });
  if (empty && !lost) out.push_back("S6 quota");
}

}  // namespace

void switching(const World& world, const Policy& policy, const Step& step, const Node& node,
               TimePoint now, Broken& out) {
  const bool down = step.id.verb == Verb::shutdown;
  const bool repeat = node.state == Lifecycle::powering_up;
  if (!down && repeat) return;
  const std::string bucket = down ? "downs of all" : "starts of all";
  has_token(world, policy, bucket, now, out);
  const auto takes = std::count_if(step.tokens.begin(), step.tokens.end(),
                                   [&](const Token& token) { return token.bucket == bucket; });
  if (takes != 1) out.push_back("S6 takes no token");
  if (!down) under_the_cap(world, policy, node, now, out);
  if (!down) within_the_quota(world, policy, step, now, out);
  const auto most = policy.pools.front().inrush.booting_max;
  if (down || most == 0 || !node.kube || !in_pool(node)) return;
  std::int64_t booting = 0;
  for (const auto& [name, other] : world.nodes) {
    const bool counts = name != node.name && other.kube && in_pool(other);
    if (counts && counts_as_booting(policy, other, now)) ++booting;
  }
  if (booting >= most) out.push_back("S6 " + std::to_string(booting) + " boot");
}

void taken_back(const World& world, const Policy& policy, const Node& node, TimePoint now,
                Broken& out) {
  if (node.state != Lifecycle::powering_up || !node.kube || !node.up.ready_at) return;
  if (*node.up.ready_at + policy.services_wait <= now) return;
  if (node.kube->network_unavailable) out.push_back("S26 network");
  for (const auto& device : node.devices_before) {
    if (!node.kube->devices.contains(device)) out.push_back("S26 " + device);
  }
  for (const auto& [uid, pod] : world.pods) {
    const bool system = pod.owner_kind == "DaemonSet" && pod.priority >= 2'000'000'000;
    const bool lives =
        !pod.deleting && pod.phase != PodPhase::succeeded && pod.phase != PodPhase::failed;
    if (pod.node == node.name && system && lives && !pod.ready) out.push_back("S26 " + uid);
  }
}

void kubelet_let_in(const Node& node, TimePoint now, Broken& out) {
  const auto& known = node.inventory.kubelet_certificate;
  if (!known || !known->validity || asked_down(node, now)) return;
  const auto life = known->validity->not_after - known->validity->not_before;
  const auto left = known->validity->not_after - now;
  const bool short_lived = life < std::chrono::hours(24 * 6);
  if (short_lived ? left <= life / 6 : left <= std::chrono::hours(24)) {
    out.push_back("S26 the kubelet's certificate");
  }
}

void seen_off(const Policy& policy, const Node& node, TimePoint now, Broken& out) {
  const auto given = policy.nodes.find(node.name);
  if (given == policy.nodes.end() || !given->second.bmc) return;
  if (node.sleep.mode == SleepMode::suspend) return;  // its BMC knows nothing of that
  const auto& bmc = node.bmc;
  const bool twice = bmc.on && !*bmc.on && bmc.equal > 1 && bmc.read_at && !bmc.failure;
  if (!twice || *bmc.read_at + 3 * policy.bmc_poll < now) out.push_back("S2 off was not read");
  if (bmc.read_at && node.agent.heard_at && *bmc.read_at < *node.agent.heard_at) {
    out.push_back("S2 the agent spoke since");
  }
  if (speaks(node, policy, now)) out.push_back("S2 the agent speaks");
}

void freed(const World& world, const Policy& policy, const Node& node, const Step& step,
           TimePoint now, Broken& out) {
  const auto given = policy.nodes.find(node.name);
  if (given == policy.nodes.end() || !given->second.bmc) out.push_back("S12 no BMC");
  seen_off(policy, node, now, out);
  if (!node.bmc.read_at || *node.bmc.read_at + 3 * policy.bmc_poll_close < now) {
    out.push_back("S12 not read just now");
  }
  if (node.state == Lifecycle::powering_up) out.push_back("S12 being woken");
  if (node.bmc.guid.empty() || node.bmc.guid != node.kube->system_uuid || node.bmc.contradicts) {
    out.push_back("S19 another machine's BMC");
  }
  if (node.kube->ready == Readiness::ready) out.push_back("S12 Ready");
  if (held(node, now)) out.push_back("S4 held");
  if (!in_pool(node)) out.push_back("S4 in no pool");
  if (policy.pools.front().mode != Mode::act) out.push_back("S10 mode");
  if (!node.kube->owned_by.empty()) out.push_back("S25 owned");
  if (step.fence != world.fence) out.push_back("S5 of another Lease");
  bool left = false;
  for (const auto& [uid, pod] : world.pods) left = left || (pod.node == node.name && works(pod));
  for (const auto& [name, volume] : world.attachments) left = left || volume.node == node.name;
  if (!left) out.push_back("S12 nothing is left there");
}

void cut_off(const World& world, const Policy& policy, const Node& node, const PowerOff& off,
             TimePoint now, Broken& out) {
  if (!policy.pools.front().hard_off) out.push_back("S21 not allowed");
  for (const auto& [uid, pod] : world.pods) {
    if (pod.node == node.name && works(pod)) out.push_back("S1 " + uid);
  }
  for (const auto& [name, volume] : world.attachments) {
    if (volume.node == node.name) out.push_back("S12 " + name);
  }
  const auto& agent = node.agent;
  const bool left = agent.goodbye && agent.goodbye->origin == LeaveOrigin::coordinator &&
                    !agent.connected && agent.closed_at &&
                    now - *agent.closed_at >= policy.down_deadline;
  if (!left || node.state != Lifecycle::powering_down) out.push_back("S21 not gone");
  if (node.kube->ready == Readiness::ready) out.push_back("S21 Ready");
  const auto given = policy.nodes.find(node.name);
  const bool on = given != policy.nodes.end() && given->second.bmc && node.bmc.on == true &&
                  node.bmc.equal > 1 && now - *node.bmc.read_at <= 3 * policy.bmc_poll;
  if (!on) out.push_back("S21 not seen on");
  if (node.bmc.guid.empty() || node.bmc.guid != node.kube->system_uuid || node.bmc.contradicts ||
      node.bmc.guid != off.guid) {
    out.push_back("S19 another machine's BMC");
  }
  if (held(node, now)) out.push_back("S4 held");
  if (!in_pool(node)) out.push_back("S4 in no pool");
  if (node.kube->labels.contains("node-role.kubernetes.io/control-plane") ||
      node.name == policy.host_node) {
    out.push_back("S4 control plane");
  }
  if (policy.pools.front().mode != Mode::act) out.push_back("S10 mode");
  if (!node.kube->owned_by.empty()) out.push_back("S25 owned");
  if (world.freeze.now) out.push_back("S27 frozen");
  if (off.hard && node.down.offs_ordered == 0) out.push_back("S21 soft first");
}

bool can_be_suspended(const Policy& policy, const Node& node) {
  const auto given = policy.nodes.find(node.name);
  const bool read_by_bmc = given != policy.nodes.end() && given->second.bmc;
  return node.inventory.machine.can_suspend && !read_by_bmc;
}

SleepMode goes_down_to(const Policy& policy, const Node& node) {
  if (node.marked || node.state == Lifecycle::draining) return node.sleep.mode;
  const bool suspends = in_pool(node) && can_be_suspended(policy, node) &&
                        policy.pools.front().sleep_mode == SleepMode::suspend;
  return suspends ? SleepMode::suspend : SleepMode::power_off;
}

void wake_seen(const World& world, const Policy& policy, const Node& node, TimePoint now,
               Broken& out) {
  const bool seen = node.wake_proven_at && node.wake_proven_mode == goes_down_to(policy, node) &&
                    *node.wake_proven_at + policy.wake_proof_age_max >= now;
  if (seen || asked_down(node, now)) return;
  if (!policy.pools.front().prove_wakes) out.push_back("S15 no proof");
  for (const auto& [name, other] : world.nodes) {
    if (name == node.name || !other.kube || !in_pool(other)) continue;
    const bool tested = other.request && other.request->verb == PersonVerb::test_wake &&
                        other.state != Lifecycle::ready;
    if (tested || (other.marked && other.marked_proof)) out.push_back("S15 two proofs");
  }
}

void relays_stay(const World& world, const Policy& policy, const Node& node, TimePoint now,
                 Broken& out) {
  const auto& here = node.inventory.nics.front().subnets;
  if (here.empty()) return;
  const auto far = [&](const Node& one) {
    return one.inventory.wake_address.empty() && !policy.nodes.contains(one.name);
  };
  int relays = 0;
  bool needed = far(node);
  for (const auto& [name, other] : world.nodes) {
    if (name == node.name || other.inventory.nics.front().subnets != here) continue;
    const bool awake = other.state == Lifecycle::ready && !other.marked && other.agent.relays;
    if (awake && speaks(other, policy, now)) ++relays;
    const bool off = other.state == Lifecycle::powered_down;
    needed = needed || (far(other) && (off || other.state == Lifecycle::powering_down));
  }
  if (needed && relays < 2) out.push_back("S3 relays");
}

}  // namespace ecokube::core::test
