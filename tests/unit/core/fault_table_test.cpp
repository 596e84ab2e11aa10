// One fault at a time, with the limits as they are by default: what the system does, and how long
// that takes. ECOKUBE_FAULT_TABLE=FILE writes the table that docs/power-control.md shows.
#include <cstdlib>
#include <fstream>

#include "fault_scene.h"

namespace ecokube::core::test {
namespace {

using Phase = Machine::Phase;

Row no_fault() {
  Scene scene(2);
  return {"none", "a pod that fits nowhere runs on a woken node", scene.need()};
}

Row lost_packets() {
  Scene scene(2);
  scene.fleet.machines["w1"].deaf_until = scene.fleet.now + seconds(30);
  const auto took = scene.need();
  EXPECT_GT(scene.count("w1", Verb::wake), 10);
  EXPECT_FALSE(scene.was_started("w2"));
  return {"no packet arrives for 30 s", "one is sent every 2 s until it boots", took};
}

Row dead_machine() {
  Scene scene(2);
  scene.fleet.machines["w1"].dead = true;
  const auto took = scene.need();
  EXPECT_EQ(scene.state("w1"), Lifecycle::quarantined);
  return {"a machine is dead",
          "its wake is withdrawn after 10 min, another is woken in the same decision, and it is "
          "Quarantined for 10 min, twice as long after each failure",
          took};
}

Row slow_boot() {
  Scene scene(2);
  scene.fleet.machines["w1"].slowness = 3;
  const auto took = scene.need();
  EXPECT_FALSE(scene.was_started("w2"));
  return {"a boot takes three times as long", "it is waited for", took};
}

Row very_slow_boot() {
  Scene scene(2);
  scene.fleet.machines["w1"].slowness = 12;
  const auto took = scene.need();
  EXPECT_TRUE(scene.was_started("w2"));
  scene.until([&] { return scene.state("w1") == Lifecycle::ready; });
  EXPECT_FALSE(scene.fleet.world.nodes.at("w1").wake_proven_at);
  return {
      "a boot takes twelve times as long",
      "another is woken after 10 min; the late one is left to boot and is Ready when it comes; it "
      "has to show its wake anew before it sleeps",
      took};
}

Row flashing_firmware() {
  Scene scene(2, [](MiniFleet& fleet) {
    fleet.give_bmcs();
    fleet.policy.pools.front().hard_off = true;
  });
  scene.fleet.machines["w1"].flashes = minutes(45);
  scene.begin();
  scene.need();
  scene.until([&] { return scene.state("w1") == Lifecycle::ready; });
  EXPECT_EQ(scene.count("w1", Verb::power_off), 0);
  EXPECT_EQ(scene.fleet.cuts(), 0);
  return {"a machine flashes its firmware for 45 min, with a BMC that may cut power",
          "another is woken; nothing but \"on\" is ever ordered of it, and it is Ready at last",
          scene.since_begun()};
}

Row hangs_on_the_way_down() {
  Scene scene(3, [](MiniFleet& fleet) {
    fleet.give_bmcs();
    fleet.policy.pools.front().hard_off = true;
    fleet.make_hang("w1");
  });
  return {"a machine hangs on its way down, pool with hard_off",
          "after 3 min of silence its BMC asks it softly, 3 min later it is cut",
          scene.fleet.time_to_cut()};
}

Row mains_fail() {
  Scene scene(2, [](MiniFleet& fleet) { fleet.give_bmcs(); });
  scene.need();
  scene.begin();
  scene.fleet.cut("w1");
  scene.until([&] { return scene.fleet.failovers() == 1 && scene.fleet.pods_waiting() == 0; });
  return {"a machine with work loses its power, with a BMC",
          "two readings prove it off; its pods are freed and run on a woken node",
          scene.since_begun()};
}

Row leader_dies_waking() {
  Scene scene(2);
  scene.begin();
  scene.fleet.add_pod(minutes(60), kWholeNode);
  scene.until([&] { return scene.fleet.machines.at("w1").phase == Phase::booting; });
  scene.fleet.kill(false);
  scene.until([&] { return scene.fleet.pods_waiting() == 0; });
  EXPECT_FALSE(scene.was_started("w2"));
  return {"the coordinator dies after the first packet, its database with it",
          "the next one goes on with the same node", scene.since_begun()};
}

Row leader_dies_emptying() {
  Scene scene(2);
  scene.need(minutes(1));
  scene.until([&] { return scene.count("w1", Verb::mark) == 1; });
  scene.begin();
  scene.fleet.kill(false);
  scene.until([&] { return scene.fleet.all_asleep(); });
  return {"the coordinator dies between the mark and the order, its database with it",
          "the next one finds the mark on the Node, and puts it down by a list and an order of its "
          "own",
          scene.since_begun()};
}

Row all_needed_at_once() {
  constexpr int kMachines = 500;
  Scene scene(kMachines, [](MiniFleet& fleet) { fleet.coalesce = Duration(500); });
  scene.begin();
  for (int i = 0; i < kMachines; ++i) scene.fleet.add_pod(minutes(60), kWholeNode);
  scene.until([&] { return scene.fleet.pods_waiting() == 0; });
  return {"500 nodes are needed at once", "20 start together, then 60 a minute; the last pod runs",
          scene.since_begun()};
}

TEST(FaultTable, EachFaultIsLivedThrough) {
  std::vector rows{
      no_fault(),           lost_packets(),         dead_machine(),          slow_boot(),
      very_slow_boot(),     flashing_firmware(),    hangs_on_the_way_down(), mains_fail(),
      leader_dies_waking(), leader_dies_emptying(), all_needed_at_once()};
  for (auto& row : rows_of_fleets()) rows.push_back(std::move(row));
  std::string table = "| fault | what happens | after |\n|---|---|---|\n";
  for (const auto& row : rows) {
    EXPECT_GT(row.took, Duration(0)) << row.fault;
    table += "| " + row.fault + " | " + row.what_happens + " | " + time_text(row.took) + " |\n";
  }
  const char* file = std::getenv("ECOKUBE_FAULT_TABLE");
  if (file != nullptr) std::ofstream(file) << table;
}

}  // namespace
}  // namespace ecokube::core::test
