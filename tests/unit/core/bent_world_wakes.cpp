// Bends of what limits wakes, and of what comes back with them.
#include "bent_world.h"

namespace ecokube::core::test {

/// Little was left when we began, or since.
void Bender::bend_buckets(Bench& bench) {
  auto& buckets = bench.world.buckets;
  if (draw(2) == 0) {
    bench.policy.inrush.all = {{60, 1 + draw(10)}, {60, 1 + draw(10)}, 0};
    buckets.known_since = bench.now - Duration(draw(12'000));
  } else {
    buckets.full_at["starts of all"] = bench.now + Duration(draw(25'000));
    buckets.full_at["downs of all"] = bench.now + Duration(draw(25'000));
  }
}

/// How many may boot at once, and what another leader wrote down of one.
void Bender::bend_booting(Bench& bench, Node& node) {
  bench.policy.pools.front().inrush.booting_max = draw(3);
  for (const auto& name : {node.name, NodeName("w4"), NodeName("w8")}) {
    const auto age = bench.policy.wake_deadline - Duration(draw(2));
    if (draw(3) != 0) bench.world.nodes.at(name).waking_at = bench.now - age;
  }
}

/// It came up, and of what it needs itself something may be missing.
void Bender::bend_services(Bench& bench, Node& node) {
  node.state = Lifecycle::powering_up;
  node.up.ready_at = bench.now - bench.policy.services_wait + seconds(draw(3) - 1);
  if (draw(2) == 0) node.devices_before = {"example.com/fpga"};
  if (draw(2) == 0) node.kube->devices = {"example.com/fpga"};
  node.kube->network_unavailable = draw(4) == 0;
  KubePod pod = exporter(node.name);
  pod.priority = 2'000'000'000 - draw(2);
  pod.ready = draw(2) == 0;
  bench.world.pods_on[node.name].insert(pod.uid);
  bench.world.pods[pod.uid] = pod;
}

/// Some kubelets' certificates have to be renewed just about now, short-lived or not.
void Bender::bend_certificates(Bench& bench) {
  for (auto& [name, node] : bench.world.nodes) {
    const Duration life = std::chrono::hours(24) * (1 + draw(10));
    const Duration margin = std::min<Duration>(life / 6, std::chrono::hours(24));
    auto& certificate = node.inventory.kubelet_certificate.emplace();
    if (draw(4) == 0) continue;
    const auto end = bench.now + margin + Duration(draw(3) - 1);
    certificate.validity = Validity{end - life, end};
  }
}

/// What all may draw, and what was written down of wakes.
void Bender::bend_watts(Bench& bench) {
  bench.policy.inrush.all.watts_cap = Power::watts(100 * draw(12));
  bench.policy.pools.front().peak = Power::watts(100);
  for (auto& [name, node] : bench.world.nodes) {
    if (draw(3) != 0) continue;
    node.waking_at = bench.now - bench.policy.wake_deadline + seconds(draw(3) - 1);
    if (draw(2) == 0) node.waking_at = node.sleep.since.value_or(bench.now) + seconds(draw(3) - 1);
    node.waking_unsent = draw(4) == 0;
  }
}

/// A quota that may be used up, and pods that may have been lost.
void Bender::bend_quota(Bench& bench) {
  const auto wakes = 1 + draw(4);
  bench.policy.namespace_quotas["default"] = {wakes, 1 + draw(3)};
  bench.world.buckets.full_at["wakes for namespace default"] =
      bench.now + Duration(3'600'000) / wakes * draw(4);
  if (draw(3) != 0) return;
  const NodeName woken = draw(2) == 0 ? "w2" : "";
  bench.world.lost_pods.push_back({"default", "default/ReplicaSet/app", {}, bench.now, woken});
}

}  // namespace ecokube::core::test
