// Goal: pods that ask for our scheduler are packed, so that a node can sleep; more of them wake it,
// and are bound there. Real processes throughout.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <vector>

#include "coordinator/kubernetes/json_access.h"
#include "tests/e2e/failover/failover_lab.h"

namespace ecokube::test {
namespace {

using Names = std::vector<std::string>;

/// Each worker has room for five of these pods.
class OurScheduler : public testing::Test {
 protected:
  void create(const Names& pods) {
    for (const auto& name : pods) lab.create_pod_for_us(name);
  }
  bool all_run(const Names& pods) {
    return lab.becomes([&] {
      return std::all_of(pods.begin(), pods.end(),
                         [&](const auto& name) { return lab.pod_runs(name); });
    });
  }
  std::string node_of(const std::string& pod) {
    const auto object = lab.pod(pod);
    return std::string(kubernetes::find_text(object, {"spec", "nodeName"}));
  }
  std::map<std::string, int> count_by_node(const Names& pods) {
    std::map<std::string, int> counts;
    for (const auto& name : pods) ++counts[node_of(name)];
    return counts;
  }
  std::string logs() const { return "a:\n" + lab.log("a") + "\nb:\n" + lab.log("b"); }

  FailoverLab lab;
};

TEST_F(OurScheduler, PacksOneNodeLetsTheOtherSleepAndWakesItForMore) {
  const Names first{"p1", "p2", "p3"};
  create(first);
  ASSERT_TRUE(all_run(first)) << logs();
  const auto full = node_of("p1");
  const std::string idle = full == "w1" ? "w2" : "w1";
  EXPECT_EQ(count_by_node(first), (std::map<std::string, int>{{full, 3}}));
  lab.prove_wake(idle);
  ASSERT_TRUE(lab.becomes([&] { return lab.state("a", idle) == "PoweredDown"; })) << logs();

  const Names more{"p4", "p5", "p6", "p7"};
  create(more);
  ASSERT_TRUE(all_run(more)) << logs();
  EXPECT_EQ(count_by_node(more), (std::map<std::string, int>{{full, 2}, {idle, 2}}));
  EXPECT_FALSE(lab.marked(idle));
  EXPECT_EQ(lab.history().machines[idle].wakes, 1);
  EXPECT_TRUE(lab.becomes([&] { return lab.told_about("p1").contains("Scheduled"); }));
  std::string last;
  for (const auto& name : more) last = node_of(name) == idle ? name : last;
  EXPECT_TRUE(lab.becomes([&] {
    const auto told = lab.told_about(last);
    return told.contains("FailedScheduling") && told.contains("Scheduled");
  }));
}

// The leader dies with binds under way, so that nobody knows which of them hold.
TEST_F(OurScheduler, WhatTheOldLeaderHadBoundIsNotBoundAgain) {
  const Names pods{"p1", "p2", "p3", "p4", "p5"};
  create(pods);
  ASSERT_TRUE(lab.becomes([&] { return lab.said("a", ":bind:") > 0; })) << logs();
  lab.kill("a");
  ASSERT_TRUE(all_run(pods)) << logs();
  EXPECT_EQ(count_by_node(pods).size(), 1U);
  EXPECT_EQ(lab.said("b", "already assigned"), 0U) << "it looks before it binds\n" << logs();
}

}  // namespace
}  // namespace ecokube::test
