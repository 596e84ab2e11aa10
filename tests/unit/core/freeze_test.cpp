// S27: one switch stops all that takes capacity away; an evacuation has all come back.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"

namespace ecokube::core::test {
namespace {

const std::string kFleet(kFleetSubject);

Bench idle() {
  Bench bench;
  bench.fleet({"w1", "w2", "w3"});
  bench.pass(minutes(1));
  return bench;
}

TEST(Freeze, StopsWhatIsPlannedAndWhatHasBegun) {
  Bench bench = idle();
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  bench.see(FleetAsked{FleetVerb::freeze, "anna", "storage work"});
  EXPECT_TRUE(bench.planned("w1", Verb::unmark));
  EXPECT_FALSE(bench.planned("w2", Verb::mark));
  EXPECT_EQ(bench.want("w2").reason.code, "Frozen");
  EXPECT_NE(bench.want("w2").reason.text.find("storage work"), std::string::npos);
}

TEST(Freeze, StopsAPersonsSleepButNoWake) {
  Bench bench = idle();
  bench.put_to_sleep("w1");
  bench.see(FleetAsked{FleetVerb::freeze, "anna", "storage work"});
  bench.see(PersonAsked{"w2", PersonVerb::sleep, "bert", "", {}});
  EXPECT_FALSE(bench.planned("w2", Verb::mark));
  bench.see(PersonAsked{"w1", PersonVerb::wake, "bert", "", {}});
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
}

TEST(Freeze, IsWrittenUntilItStandsOnTheLeaseWithOrWithoutOurHoldingIt) {
  Bench bench = idle();
  bench.see(LeaseLost{"another leads"});
  bench.see(FleetAsked{FleetVerb::freeze, "anna", "storage work"});
  const Step first = bench.start(kFleet, Verb::record_freeze);
  EXPECT_EQ(std::get<RecordFreeze>(first.action).text, "freeze anna: storage work");
  bench.end(first, Outcome::failed);
  EXPECT_FALSE(bench.planned(kFleet, Verb::record_freeze)) << "after a while";
  bench.pass(seconds(10));
  const Step second = bench.run(kFleet, Verb::record_freeze);
  EXPECT_NE(first.id, second.id);
  bench.pass(seconds(10));
  EXPECT_FALSE(bench.planned(kFleet, Verb::record_freeze));
  bench.see(FleetAsked{FleetVerb::unfreeze, "anna", ""});
  EXPECT_EQ(std::get<RecordFreeze>(bench.start(kFleet, Verb::record_freeze).action).text, "");
}

TEST(Freeze, AnAnswerForAnOlderOrderIsNotTakenForTheNewerOne) {
  Bench bench = idle();
  bench.see(FleetAsked{FleetVerb::freeze, "anna", "storage work"});
  const Step freeze = bench.start(kFleet, Verb::record_freeze);
  bench.see(FleetAsked{FleetVerb::unfreeze, "anna", ""});
  bench.end(freeze);
  EXPECT_TRUE(bench.planned(kFleet, Verb::record_freeze));
}

TEST(Freeze, ByHandOnTheLeaseIsOneTooAndEndsThere) {
  Bench bench = idle();
  bench.see(FreezeSeen{"please"});
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  EXPECT_FALSE(bench.planned(kFleet, Verb::record_freeze)) << "it stands there already";
  bench.see(FreezeSeen{""});
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
}

TEST(Freeze, AnOlderViewOfTheLeaseDoesNotUndoAnOrder) {
  Bench bench = idle();
  bench.see(FleetAsked{FleetVerb::freeze, "anna", "storage work"});
  bench.see(FreezeSeen{""});
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
}

TEST(Freeze, OutlivesAClusterThatIsRestoredFromBeforeIt) {
  Bench bench = idle();
  bench.see(FreezeSeen{"freeze anna: storage work"});
  bench.see(ClusterListed{5, {worker("w1"), worker("w2"), worker("w3")}, {}, {}});
  bench.see(FreezeSeen{""});
  EXPECT_TRUE(bench.planned(kFleet, Verb::record_freeze));
  bench.pass(minutes(1));
  EXPECT_EQ(bench.want("w1").reason.code, "Frozen");
}

TEST(Freeze, AnEvacuationWakesAllButWhatIsHeld) {
  Bench bench = idle();
  bench.policy.pools.front().mode = Mode::act;
  bench.put_to_sleep("w1");
  bench.put_to_sleep("w2");
  bench.see(PersonAsked{"w2", PersonVerb::hold, "bert", "hands in it", {}});
  bench.policy.pools.front().mode = Mode::advise;
  bench.see(FleetAsked{FleetVerb::evacuate, "anna", "moving to another house"});
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
  EXPECT_EQ(bench.want("w1").reason.code, "Evacuating");
  EXPECT_FALSE(bench.planned("w2", Verb::wake));
  EXPECT_FALSE(bench.planned("w3", Verb::mark));
}

TEST(Freeze, ItsTextIsReadAsItWasWritten) {
  for (const bool wake_all : {false, true}) {
    const Freeze freeze{wake_all, "anna", "storage: work"};
    EXPECT_EQ(parse_freeze(format_freeze(freeze)), freeze);
  }
  EXPECT_FALSE(parse_freeze(""));
  EXPECT_EQ(parse_freeze("x"), (Freeze{false, "", "x"}));
}

}  // namespace
}  // namespace ecokube::core::test
