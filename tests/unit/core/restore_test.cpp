// S2, S8, S23: the cluster's data is swapped for an older state. Nothing goes down by what is left
// of another past, and every node is found again.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

constexpr Revision kOld = 50;

/// w1 sleeps, w2 is on and idle.
Bench asleep() {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.put_to_sleep("w1");
  return bench;
}

/// As they were before anything was done to them, or as given.
void restore(Bench& bench, std::vector<KubeNode> nodes, Revision revision = kOld) {
  bench.revision = revision;
  for (auto& node : nodes) node.revision = kOld;
  bench.see(ClusterListed{revision, std::move(nodes), {}, {}});
}

TEST(Restore, NothingGoesDownForAWhileWhateverTellsOfIt) {
  for (const bool revision_fell : {true, false}) {
    for (const bool said_so : {true, false}) {
      Bench bench = asleep();
      const auto listed = revision_fell ? kOld : bench.revision + 1000;
      auto w1 = worker("w1", kOld);
      auto w2 = worker("w2", kOld);
      bench.pass(minutes(2));
      ASSERT_TRUE(bench.planned("w2", Verb::mark));
      bench.see(ClusterListed{
          .revision = listed, .nodes = {w1, w2}, .pods = {}, .went_backwards = said_so});
      bench.revision = listed;
      EXPECT_FALSE(bench.planned("w2", Verb::mark))
          << "a Node is older than it was, though the revision grew past the old one";
      bench.pass(bench.policy.cluster_view_age_max + Duration(1));
      EXPECT_TRUE(bench.planned("w2", Verb::mark));
    }
  }
}

TEST(Restore, AListOfTheSamePastIsNone) {
  Bench bench = asleep();
  bench.pass(minutes(2));
  bench.see(
      ClusterListed{bench.revision, {*bench.node("w1").kube, *bench.node("w2").kube}, {}, {}});
  EXPECT_TRUE(bench.planned("w2", Verb::mark));
}

TEST(Restore, ASleeperWithoutItsMarkIsMarkedAnewAndLeftAsleep) {
  Bench bench = asleep();
  restore(bench, {worker("w1"), worker("w2")});
  EXPECT_EQ(bench.state("w1"), Lifecycle::powered_down);
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
  const Step record = bench.run("w1", Verb::record_off);
  const auto& off = std::get<RecordOff>(record.action);
  ASSERT_TRUE(off.mark);
  EXPECT_EQ(off.mark->expected_revision, kOld);
  EXPECT_EQ(off.mark->boot_id, boot_of("w1"));
  EXPECT_TRUE(parse_wake_recipe(off.mark->wake_recipe));
  auto marked = worker("w1");
  marked.annotations[std::string(names::kIntent)] = format_intent({1, boot_of("w1")});
  marked.annotations[std::string(names::kPower)] = off.power;
  bench.see_node(marked);
  EXPECT_FALSE(bench.planned("w1", Verb::record_off));
}

TEST(Restore, ASleeperToWhichAPodIsBoundIsWokenAndNotMarked) {
  Bench bench = asleep();
  restore(bench, {worker("w1"), worker("w2")});
  const auto mark_anew = bench.planned("w1", Verb::record_off);
  ASSERT_TRUE(mark_anew);
  bench.see(PodSeen{bound_pod("p", "w1")});
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
  EXPECT_FALSE(bench.planned("w1", Verb::record_off));
  EXPECT_TRUE(bench.broken(*mark_anew).contains("S1 NotEmpty"));
}

TEST(Restore, OnlyWhatIsOffIsMarkedAnew) {
  Bench bench = asleep();
  restore(bench, {worker("w1"), worker("w2")});
  auto step = *bench.planned("w1", Verb::record_off);
  step.id.subject = "w2";
  step.id.transition = bench.node("w2").transition;
  EXPECT_TRUE(bench.broken(step).contains("S1 NotOff"));
}

TEST(Restore, AMarkThatComesBackOnARunningNodeIsTakenOff) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.see(PodSeen{bound_pod("p", "w2")});
  for (const int boot : {1, 0}) {  // of this boot, and of one before it
    auto marked = worker("w1");
    marked.taints.push_back({std::string(names::kTaint), "", "NoSchedule"});
    marked.annotations[std::string(names::kIntent)] = format_intent({1, boot_of("w1", boot)});
    restore(bench, {marked, worker("w2")}, kOld - boot);
    bench.pass(bench.policy.settle);
    EXPECT_FALSE(bench.planned("w1", Verb::list_pods));
    bench.run("w1", Verb::unmark);
    EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  }
}

TEST(Restore, AHoldFromAfterItIsKeptAndWrittenAnew) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.see(PersonAsked{"w1", PersonVerb::hold, "anna", "disk swap", {}});
  bench.run("w1", Verb::record_hold);
  auto held = worker("w1");
  held.annotations[std::string(names::kHold)] = "anna: disk swap";
  bench.see_node(held);
  restore(bench, {worker("w1"), worker("w2")});
  ASSERT_TRUE(bench.node("w1").hold);
  EXPECT_EQ(std::get<RecordHold>(bench.run("w1", Verb::record_hold).action).text,
            "anna: disk swap");
  bench.pass(minutes(10));
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  EXPECT_TRUE(bench.planned("w2", Verb::mark));
}

TEST(Restore, AFleetThatIsRestoredAgainAndAgainStrandsNoNodeAndLosesNoWork) {
  int marked_anew = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MiniFleet fleet(seed, 4, seed % 2 == 0);
    fleet.on_step = [&](const Step& step, const World&, TimePoint) {
      const auto* off = std::get_if<RecordOff>(&step.action);
      if (off != nullptr && off->mark) ++marked_anew;
    };
    bool killed = false;
    for (int round = 0; round < 6; ++round) {
      fleet.back_up();
      fleet.run_for(seconds(fleet.draw(1, 400)));
      fleet.add_pod(seconds(fleet.draw(1, 200)), fleet.draw(500, 4000));
      fleet.run_for(seconds(fleet.draw(1, 200)));
      fleet.restore();
      if (fleet.draw(0, 2) == 0) {
        fleet.kill(true);
        killed = true;
      }
      fleet.run_for(seconds(fleet.draw(1, 60)));
    }
    EXPECT_TRUE(fleet.run_until([&] { return fleet.all_pods_done(); }, minutes(120)))
        << fleet.describe();
    // A process that ends as a goodbye is lost and the mark with it leaves a silent machine.
    EXPECT_TRUE(fleet.run_until([&] { return killed ? fleet.all_down() : fleet.all_asleep(); },
                                minutes(300)))
        << fleet.describe();
    EXPECT_TRUE(fleet.all_can_be_woken()) << fleet.describe();
    for (const auto& error : fleet.errors()) ADD_FAILURE() << error;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(marked_anew, 50);
}

}  // namespace
}  // namespace ecokube::core::test
