// Goal: when the cluster's data is swapped for an older state, nothing is put down by what is left
// of another past, and every node is found again. Method: as in failover_test, on a real etcd whose
// data folder is swapped.
#include <gtest/gtest.h>

#include "common/names.h"
#include "tests/e2e/failover/failover_lab.h"
#include "tests/e2e/failover/real_cluster.h"

namespace ecokube::test {
namespace {

class RestoredEtcd : public testing::Test {
 protected:
  std::string all_logs() const { return "a:\n" + lab.log("a") + "\nb:\n" + lab.log("b"); }
  bool asleep(const std::string& node) {
    return lab.becomes([&] {
      for (const char* one : {"a", "b"}) {
        if (lab.leads(one)) return lab.state(one, node) == "PoweredDown";
      }
      return false;
    });
  }
  std::size_t lists() const {
    return lab.said("a", "event=listed") + lab.said("b", "event=listed");
  }
  std::size_t orders() const {
    std::size_t all = 0;
    for (const auto& node : lab.nodes()) all += lab.said(node + "-agent", "shutdown asked");
    return all;
  }
  std::size_t steps(const std::string& verb) const {
    return lab.said("a", ":" + verb + ":") + lab.said("b", ":" + verb + ":");
  }
  /// Swaps the data; both have listed everything anew when it returns, and until then no order and
  /// no mark came from anybody.
  void restore(const std::filesystem::path& backup) {
    const auto ordered = orders();
    const auto marked = steps("mark");
    const auto evicted = steps("evict");
    const auto a = lab.said("a", "event=listed");
    const auto b = lab.said("b", "event=listed");
    real_control_plane().restore(backup);
    ASSERT_TRUE(lab.becomes([&] {
      return lab.said("a", "event=listed") > a && lab.said("b", "event=listed") > b;
    })) << all_logs();
    EXPECT_EQ(orders(), ordered) << all_logs();
    EXPECT_EQ(steps("mark"), marked) << all_logs();
    EXPECT_EQ(steps("evict"), evicted) << all_logs();
  }
  /// It sleeps or it does not: work for it runs, and the mark goes.
  void expect_found(const std::string& node) {
    lab.create_pod("found-" + node, node);
    EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs("found-" + node); })) << all_logs();
    EXPECT_TRUE(lab.becomes([&] { return !lab.marked(node); })) << all_logs();
  }

  FailoverLab lab{{.workers = 3, .view_age_max_s = 8, .bmcs = Bmcs::none}};
  TempDir backups;
};

TEST_F(RestoredEtcd, FromBeforeASleepAHoldAndAPod) {
  real_control_plane().back_up(backups / "before");
  lab.prove_wake("w1");
  ASSERT_TRUE(asleep("w1")) << all_logs();
  EXPECT_EQ(lab.post("a", "/api/v1/nodes/w2/hold", R"({"reason": "disk swap"})").status, 202);
  lab.create_pod("keeps-w3", "w3");
  ASSERT_TRUE(lab.becomes([&] { return lab.pod_runs("keeps-w3"); })) << all_logs();
  lab.prove_wake("w2");
  lab.prove_wake("w3");
  ASSERT_TRUE(lab.becomes([&] {
    return lab.annotation("w2", names::kHold) != "" && lab.knows_wake("a", "w3") &&
           lab.knows_wake("b", "w3") && lab.knows_wake("a", "w2") && lab.knows_wake("b", "w2");
  })) << all_logs();

  restore(backups / "before");
  ASSERT_EQ(lab.annotation("w1", names::kIntent), "") << "else nothing was swapped";
  EXPECT_TRUE(lab.becomes([&] {
    return lab.annotation("w1", names::kIntent) != "" && lab.annotation("w1", names::kPower) != "";
  })) << all_logs();
  EXPECT_EQ(lab.machine_state("w1"), "off") << "it is marked anew, not woken";
  EXPECT_TRUE(lab.becomes([&] { return lab.annotation("w2", names::kHold) != ""; })) << all_logs();
  // Its pod is from a future that never was: it is idle now, and may go down when the new view has
  // stood for a while.
  ASSERT_TRUE(asleep("w3")) << all_logs();
  EXPECT_EQ(lab.said("w2-agent", "shutdown asked"), 0U);
  for (const char* node : {"w1", "w2", "w3"}) expect_found(node);
  EXPECT_EQ(lab.history().machines["w1"].wakes, 1);
  for (const auto& off : lab.history().machines["w3"].offs) {
    EXPECT_TRUE(off.asked_at && off.alive_when_asked.empty() && !off.cut);
  }
}

TEST_F(RestoredEtcd, FromBeforeAWake) {
  lab.prove_wake("w1");
  ASSERT_TRUE(asleep("w1")) << all_logs();
  real_control_plane().back_up(backups / "asleep");
  lab.create_pod("wakes-w1", "w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.pod_runs("wakes-w1") && !lab.marked("w1"); }))
      << all_logs();
  const auto ordered = orders();
  const auto unmarked = steps("unmark");

  restore(backups / "asleep");
  ASSERT_TRUE(lab.becomes([&] { return steps("unmark") > unmarked; })) << all_logs();
  EXPECT_EQ(orders(), ordered) << "its mark is from the past";
  expect_found("w1");
}

}  // namespace
}  // namespace ecokube::test
