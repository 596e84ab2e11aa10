// Faults of whole fleets, and of who is who, each lived through in virtual time.
#include <set>

#include "coordinator/core/boot_proof.h"
#include "fault_scene.h"

namespace ecokube::core::test {
namespace {

using std::chrono::hours;
using Phase = Machine::Phase;

std::int64_t count_in(const MiniFleet& fleet, Lifecycle state) {
  return std::count_if(fleet.world.nodes.begin(), fleet.world.nodes.end(),
                       [&](const auto& entry) { return entry.second.state == state; });
}

void add_work(MiniFleet& fleet, int nodes, Duration life = seconds(30)) {
  for (int i = 0; i < nodes; ++i) fleet.add_pod(life, kWholeNode);
}

bool all_proven(const MiniFleet& fleet) {
  return std::all_of(fleet.world.nodes.begin(), fleet.world.nodes.end(), [&](const auto& entry) {
    return entry.second.state == Lifecycle::ready && !boot_unproven(fleet.policy, entry.second);
  });
}

bool alarms(const MiniFleet& fleet, const std::string& code) {
  const auto plan = decide(fleet.world, fleet.policy, fleet.now);
  return std::any_of(plan.alarms.begin(), plan.alarms.end(),
                     [&](const Alarm& alarm) { return alarm.reason.code == code; });
}

Row bad_kernel() {
  constexpr int kNodes = 200;
  MiniFleet fleet(1, kNodes, false);
  fleet.coalesce = Duration(2000);
  fleet.policy.inrush.all = {};
  fleet.install("900d", false);
  EXPECT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(30)));
  add_work(fleet, kNodes);
  EXPECT_TRUE(fleet.run_until([&] { return all_proven(fleet); }, minutes(60)));
  fleet.install("bad0", true);
  const auto begun = fleet.now;
  Duration told{};
  for (int round = 0; round < 12; ++round) {
    if (round % 4 == 0) add_work(fleet, kNodes);
    fleet.run_for(minutes(1));
    if (told == Duration(0) && alarms(fleet, "BootsFail")) told = fleet.now - begun;
  }
  EXPECT_GT(fleet.lost(), 0) << "else nothing was tried";
  EXPECT_LE(fleet.lost(), 4);
  return {"a bad kernel arrives on 200 proven nodes",
          std::to_string(fleet.lost()) +
              " are lost, then none of that kernel sleeps any more; an Event BootsFail names them",
          told};
}

Row deaf_port() {
  auto policy = fast_policy();
  policy.first_sleep = minutes(15);
  MiniFleet fleet(5, 20, false, policy);
  fleet.coalesce = Duration(1000);
  fleet.machines["w7"].deaf_after = hours(1);
  const auto begun = fleet.now;
  EXPECT_TRUE(
      fleet.run_until([&] { return count_in(fleet, Lifecycle::quarantined) == 1; }, hours(26)));
  const auto took = fleet.now - begun;
  fleet.run_for(hours(8));
  EXPECT_EQ(fleet.world.nodes.at("w7").state, Lifecycle::quarantined);
  EXPECT_EQ(count_in(fleet, Lifecycle::quarantined), 1);
  return {"a port of 20 goes deaf after an hour of sleep",
          "1 node is lost and Quarantined; the others' sleeps grow from 15 min on", took};
}

/// Two that can't be told apart are held with a reason that names the code; nothing is put down.
Row held(const std::string& fault, const std::set<NodeName>& who, const std::string& code,
         const std::function<void(MiniFleet&)>& begin) {
  MiniFleet fleet(6, 4, false);
  fleet.give_bmcs();
  EXPECT_TRUE(fleet.run_until([&] { return count_in(fleet, Lifecycle::ready) == 4; }, minutes(2)));
  begin(fleet);
  int wrong = 0;
  fleet.on_step = [&](const Step& step, const World&, TimePoint) {
    const bool takes = step.id.verb == Verb::mark || step.id.verb == Verb::shutdown ||
                       step.id.verb == Verb::power_off || step.id.verb == Verb::out_of_service;
    if (takes && who.contains(step.id.subject)) ++wrong;
  };
  const auto begun = fleet.now;
  const auto is_held = [&](const NodeName& name) {
    const auto found = blockers(fleet.world, fleet.policy, fleet.world.nodes.at(name), fleet.now);
    return std::any_of(found.begin(), found.end(),
                       [&](const Violation& violation) { return violation.code == code; });
  };
  EXPECT_TRUE(
      fleet.run_until([&] { return std::all_of(who.begin(), who.end(), is_held); }, minutes(5)))
      << fault;
  const auto took = fleet.now - begun;
  fleet.run_for(hours(1));
  EXPECT_EQ(wrong, 0) << fault;
  return {fault,
          std::string(who.size() > 1 ? "both are" : "it is") + " held and named (`" + code +
              "`), 0 wrong offs",
          took};
}

/// All have slept, and half of them have work for a day; who is on then.
std::set<NodeName> busy_half(MiniFleet& fleet) {
  EXPECT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(30)));
  add_work(fleet, static_cast<int>(fleet.machines.size()) / 2, hours(24));
  EXPECT_TRUE(fleet.run_until([&] { return fleet.pods_waiting() == 0; }, minutes(10)));
  std::set<NodeName> are_on;
  for (const auto& [name, machine] : fleet.machines) {
    if (machine.phase == Phase::up) are_on.insert(name);
  }
  return are_on;
}

Row dark(const std::string& bios, bool sleepers_start) {
  constexpr int kNodes = 10;
  MiniFleet fleet(8, kNodes, false);
  const auto were_on = busy_half(fleet);
  for (const auto& [name, machine] : fleet.machines) fleet.cut(name);
  fleet.stop();
  fleet.run_for(minutes(30));
  add_work(fleet, 3, hours(1));
  const auto begun = fleet.now;
  for (const auto& [name, machine] : fleet.machines) {
    if (sleepers_start || were_on.contains(name)) fleet.start_by_itself(name);
  }
  fleet.start();
  EXPECT_TRUE(fleet.run_until([&] { return fleet.pods_waiting() == 0; }, minutes(60)));
  const auto took = fleet.now - begun;
  EXPECT_TRUE(fleet.run_until(
      [&] { return count_in(fleet, Lifecycle::powered_down) >= kNodes / 2 - 1; }, hours(3)))
      << fleet.describe();
  return {
      "all is dead, the coordinator and its database too; power returns with BIOS \"" + bios + "\"",
      "all that waits runs, by nobody's hand; who has nothing to do goes to sleep again", took};
}

Row ups_off() {
  MiniFleet fleet(9, 10, false);
  const auto were_on = busy_half(fleet);
  for (const auto& name : were_on) fleet.switch_off_by_ups(name, minutes(20));
  fleet.run_for(minutes(20));
  const auto begun = fleet.now;
  EXPECT_TRUE(fleet.run_until(
      [&] {
        return std::all_of(were_on.begin(), were_on.end(), [&](const NodeName& name) {
          return fleet.world.nodes.at(name).state == Lifecycle::ready;
        });
      },
      hours(2)))
      << fleet.describe();
  return {
      "a UPS switches all that is on off, for 20 min, with BIOS \"stay off\"",
      "they are woken again, by nobody's hand: from 5 min on, and anew after each time that fails",
      fleet.now - begun};
}

}  // namespace

std::vector<Row> rows_of_fleets() {
  return {bad_kernel(),
          deaf_port(),
          held("the addresses of two BMCs are swapped", {"w1", "w2"}, "WrongBmc",
               [](MiniFleet& fleet) { fleet.swap_bmcs("w1", "w2"); }),
          held("an agent is cloned with its machine", {"w1", "w2"}, "SameIdentity",
               [](MiniFleet& fleet) {
                 fleet.machines["w2"].machine_id = "machine-w1";
                 fleet.cut("w2");
                 fleet.start_by_itself("w2");
               }),
          held("another machine takes a node's name", {"w3"}, "WrongMachine",
               [](MiniFleet& fleet) {
                 fleet.machines["w3"].smbios_uuid = guid_of("w9");
                 fleet.cut("w3");
                 fleet.start_by_itself("w3");
               }),
          ups_off(),
          dark("last state", false),
          dark("always on", true)};
}

}  // namespace ecokube::core::test
