// S26: what a woken node needs to carry pods comes back before pods do, and nothing waits for ever.
#include "coordinator/core/node_services.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace ecokube::core::test {
namespace {

KubePod system_pod(bool ready) {
  KubePod pod = exporter("w1");
  pod.ns = "kube-system";
  pod.name = "csi-w1";
  pod.uid = "uid-csi-w1";
  pod.priority = kSystemPriority + 1000;
  pod.ready = ready;
  return pod;
}

class NodeServices : public testing::Test {
 protected:
  NodeServices() {
    bench.fleet({"w1", "w2"});
    bench.put_to_sleep("w1");
    offer({"example.com/fpga"});  // as its kubelet left it
    bench.ask("w1", PersonVerb::wake);
    bench.run("w1", Verb::wake);
    bench.hello("w1", 2);
  }
  /// Its kubelet says so, marked as it is by us or not.
  void offer(std::set<std::string> devices, bool network = true) {
    KubeNode kube = *bench.node("w1").kube;
    kube.devices = std::move(devices);
    kube.network_unavailable = !network;
    bench.see_node(std::move(kube));
  }
  void is_ready_again() { bench.see_marked("w1", true, Readiness::ready, 2); }
  void see_pod(KubePod pod) {
    pod.revision = ++bench.revision;
    bench.see(PodSeen{std::move(pod)});
  }
  std::string taken_back_because() {
    const auto unmark = bench.planned("w1", Verb::unmark);
    return unmark ? unmark->reason.code : "";
  }
  /// What the gate has against it now, planned or not.
  std::set<std::string> forbidden() {
    const Step unmark{{"w1", Verb::unmark, bench.node("w1").transition, 1}, UnmarkNode{}, {}, 1};
    return bench.broken(unmark);
  }
  Bench bench;
};

TEST_F(NodeServices, AllThatWasThereIsWaitedFor) {
  is_ready_again();
  EXPECT_EQ(not_serving(bench.world, bench.node("w1")),
            "it does not offer example.com/fpga as it did before");
  EXPECT_EQ(taken_back_because(), "");
  EXPECT_EQ(forbidden(), std::set<std::string>{"S26 NotAllServes"});
  offer({"example.com/fpga", "example.com/another"});
  EXPECT_EQ(taken_back_because(), "BootProven");
  EXPECT_EQ(forbidden(), std::set<std::string>{});
}

TEST_F(NodeServices, TheNetworkIsWaitedFor) {
  is_ready_again();
  offer({"example.com/fpga"}, false);
  EXPECT_EQ(not_serving(bench.world, bench.node("w1")), "its network is not set up");
  EXPECT_EQ(taken_back_because(), "");
  offer({"example.com/fpga"});
  EXPECT_EQ(taken_back_because(), "BootProven");
}

TEST_F(NodeServices, PodsOfSystemPriorityAreWaitedFor) {
  is_ready_again();
  offer({"example.com/fpga"});
  see_pod(system_pod(false));
  EXPECT_EQ(not_serving(bench.world, bench.node("w1")), "pod kube-system/csi-w1 is not ready");
  EXPECT_EQ(taken_back_because(), "");
  see_pod(system_pod(true));
  EXPECT_EQ(taken_back_because(), "BootProven");
}

TEST_F(NodeServices, OtherPodsAreNot) {
  is_ready_again();
  offer({"example.com/fpga"});
  auto lesser = system_pod(false);
  lesser.priority = kSystemPriority - 1;
  see_pod(lesser);
  auto elsewhere = system_pod(false);
  elsewhere.uid = "uid-csi-w2";
  elsewhere.node = "w2";
  see_pod(elsewhere);
  auto of_deployment = system_pod(false);
  of_deployment.uid = "uid-dns";
  of_deployment.owner_kind = "ReplicaSet";
  see_pod(of_deployment);
  auto on_its_way_out = system_pod(false);
  on_its_way_out.uid = "uid-old";
  on_its_way_out.deleting = true;
  see_pod(on_its_way_out);
  EXPECT_EQ(taken_back_because(), "BootProven");
}

TEST_F(NodeServices, NothingIsWaitedForLongerThanSaid) {
  is_ready_again();
  bench.pass(bench.policy.services_wait - Duration(1));
  EXPECT_EQ(taken_back_because(), "");
  EXPECT_TRUE(bench.plan().reconsider_at);
  EXPECT_LE(*bench.plan().reconsider_at, bench.now + Duration(1));
  bench.pass(Duration(1));
  EXPECT_EQ(taken_back_because(), "NotAllServes");
  EXPECT_EQ(forbidden(), std::set<std::string>{});
}

TEST_F(NodeServices, ACrashInBetweenForgetsNothing) {
  is_ready_again();
  bench.see_marked("w1", true, Readiness::not_ready, 3);
  EXPECT_EQ(bench.node("w1").devices_before, std::set<std::string>{"example.com/fpga"});
}

TEST_F(NodeServices, WhatIsGoneForGoodIsWaitedForOnce) {
  is_ready_again();
  bench.pass(bench.policy.services_wait);
  bench.run("w1", Verb::unmark);
  bench.see_marked("w1", false, Readiness::ready, 2);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_EQ(bench.node("w1").devices_before, std::set<std::string>{});
}

TEST_F(NodeServices, AKubeletThatOnlyStartsAnewTakesNothingAway) {
  Bench other;
  other.fleet({"w1"});
  KubeNode kube = *other.node("w1").kube;
  kube.boot_id = boot_of("w1");
  kube.devices = {"example.com/fpga"};
  other.see_node(kube);
  kube.devices = {};
  other.see_node(kube);
  EXPECT_EQ(other.node("w1").devices_before, std::set<std::string>{});
}

TEST_F(NodeServices, ZeroWaitsForNothing) {
  bench.policy.services_wait = Duration(0);
  is_ready_again();
  EXPECT_EQ(taken_back_because(), "NotAllServes");
}

}  // namespace
}  // namespace ecokube::core::test
