// One fault at a time, with the limits as they are by default: what the system does, and how long
// that takes. ECOKUBE_FAULT_TABLE=FILE writes the table that docs/power-control.md shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

using Phase = Machine::Phase;

struct Row {
  std::string fault;
  std::string what_happens;
  Duration took{};
};

std::string time_text(Duration time) {
  const auto seconds = (time.count() + 500) / 1000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
}

/// Machines that boot in about a minute, all asleep, and what was done since.
class Scene {
 public:
  Scene(int workers, const std::function<void(MiniFleet&)>& prepare = {})
      : fleet(7, workers, false, worker_policy()) {
    fleet.faults.boot_min = seconds(55);
    fleet.faults.boot_max = seconds(65);
    if (prepare) prepare(fleet);
    EXPECT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(30)));
    fleet.run_for(minutes(2));  // until Kubernetes has noted it too
    fleet.on_step = [this](const Step& step, const World&, TimePoint now) {
      done_.emplace_back(step, now);
    };
    begun_ = fleet.now;
  }
  /// A pod that needs a node of its own; how long it then waited.
  Duration need(Duration life = minutes(60)) {
    begun_ = fleet.now;
    fleet.add_pod(life, kWholeNode);
    EXPECT_TRUE(fleet.run_until([&] { return fleet.pods_waiting() == 0; }, minutes(120)));
    return since_begun();
  }
  void begin() { begun_ = fleet.now; }
  [[nodiscard]] Duration since_begun() const { return fleet.now - begun_; }
  [[nodiscard]] int count(const NodeName& node, Verb verb) const {
    return static_cast<int>(std::count_if(done_.begin(), done_.end(), [&](const auto& done) {
      return done.first.id.subject == node && done.first.id.verb == verb;
    }));
  }
  [[nodiscard]] bool was_started(const NodeName& node) const { return count(node, Verb::wake) > 0; }
  void until(const std::function<bool()>& done) {
    EXPECT_TRUE(fleet.run_until(done, minutes(240))) << fleet.describe();
  }
  [[nodiscard]] Lifecycle state(const NodeName& name) const {
    return fleet.world.nodes.at(name).state;
  }
  ~Scene() {
    for (const auto& error : fleet.errors()) ADD_FAILURE() << error;
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  MiniFleet fleet;

 private:
  std::vector<std::pair<Step, TimePoint>> done_;
  TimePoint begun_;
};

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
  const std::vector rows{
      no_fault(),           lost_packets(),         dead_machine(),          slow_boot(),
      very_slow_boot(),     flashing_firmware(),    hangs_on_the_way_down(), mains_fail(),
      leader_dies_waking(), leader_dies_emptying(), all_needed_at_once()};
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
