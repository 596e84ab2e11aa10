// Goal: whatever becomes of the Lease object, no two coordinators act, the fence only rises, and
// the work goes on soon. Method: as in failover_test.
#include <gtest/gtest.h>

#include <algorithm>

#include "common/names.h"
#include "coordinator/kubernetes/json_access.h"
#include "tests/e2e/failover/failover_lab.h"

namespace ecokube::test {
namespace {

class LeaseObject : public testing::Test {
 protected:
  std::string all_logs() const { return "a:\n" + lab.log("a") + "\nb:\n" + lab.log("b"); }

  /// Looks until somebody acts under a higher fence than any before. Asked in this order: what b
  /// holds now, a must have lost before.
  void expect_another_term() {
    ASSERT_TRUE(lab.becomes([&] {
      const auto b = lab.acts_with("b");
      const auto a = lab.acts_with("a");
      EXPECT_FALSE(b > 0 && a > 0 && lab.leads("b")) << all_logs();
      if (std::max(a, b) <= fence_) return false;
      fence_ = std::max(a, b);
      return true;
    })) << all_logs();
  }

  FailoverLab lab;
  std::int64_t fence_ = 0;
};

TEST_F(LeaseObject, IsDeletedAgainAndAgainWhilePodsComeAndGoAndANodeGoesDown) {
  expect_another_term();
  lab.let_hooks_wait("w1");
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.said("w1-agent", "shutdown asked") > 0; }))
      << all_logs();
  for (const char* pod : {"p1", "p2", "p3", "p4"}) {
    lab.create_pod(pod, "w2");
    lab.delete_lease();
    expect_another_term();
    EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs(pod); })) << all_logs();
    lab.delete_pod(pod);
  }
  lab.let_hooks_end("w1");
  ASSERT_TRUE(lab.becomes([&] {
    return lab.state("a", "w1") == "PoweredDown" || lab.state("b", "w1") == "PoweredDown";
  })) << all_logs();
  const auto machine = lab.history().machines["w1"];
  ASSERT_EQ(machine.offs.size(), 1U);
  EXPECT_TRUE(machine.offs[0].alive_when_asked.empty() && machine.offs[0].alive_when_off.empty());
  lab.create_pod("work", "w1");
  EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs("work"); })) << all_logs();
}

// The leader can't know that it is gone, and acts on until its time is over.
TEST_F(LeaseObject, IsDeletedWhileTheLeaderIsCutOff) {
  expect_another_term();
  lab.way_of_a().refuse();
  lab.delete_lease();
  lab.prove_wake("w1");
  expect_another_term();
  EXPECT_TRUE(lab.leads("b")) << all_logs();
  EXPECT_FALSE(lab.leads("a"));
  ASSERT_TRUE(lab.becomes([&] { return lab.state("b", "w1") == "PoweredDown"; })) << all_logs();
  lab.way_of_a().accept_again();
  ASSERT_TRUE(lab.becomes([&] {
    const auto fleet = lab.fleet("a");
    return kubernetes::find_text(fleet, {"leader"}).starts_with("b_");
  })) << all_logs();
  EXPECT_EQ(lab.history().machines["w1"].offs.size(), 1U);
}

}  // namespace
}  // namespace ecokube::test
