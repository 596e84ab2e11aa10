// Goal: the machine goes off → booting → on → dying → off and no other way, and is deaf when a real
// one would be.
#include "lab/machine/power_machine.h"

#include <gtest/gtest.h>

namespace ecokube::lab {
namespace {

using namespace std::chrono_literals;
using Kind = Happening::Kind;

constexpr TimePoint kStart = from_ms(1'000'000);

std::vector<Kind> kinds(const PowerMachine::Happenings& happenings) {
  std::vector<Kind> out;
  for (const Happening& happening : happenings) out.push_back(happening.kind);
  return out;
}

PowerMachine machine_that_is_on(MachineSettings settings = {}) {
  PowerMachine machine(settings);
  (void)machine.power_on(kStart - 1h, "start");
  (void)machine.tick(kStart);
  EXPECT_EQ(machine.state(), PowerState::on);
  return machine;
}

TEST(PowerMachine, BootTakesItsTime) {
  PowerMachine machine({.boot = 8s});
  EXPECT_EQ(machine.packet(kStart),
            (PowerMachine::Happenings{{Kind::packet_valid, PowerState::off, ""},
                                      {Kind::powered_on, PowerState::off, "packet"}}));
  EXPECT_EQ(machine.deadline(), kStart + 8s);
  EXPECT_TRUE(machine.tick(kStart + 7999ms).empty());
  EXPECT_EQ(kinds(machine.tick(kStart + 8s)), std::vector{Kind::boot_done});
  EXPECT_EQ(machine.state(), PowerState::on);
  EXPECT_EQ(machine.deadline(), std::nullopt);
}

TEST(PowerMachine, OffTakesItsTimeAndIsDeafMeanwhile) {
  PowerMachine machine = machine_that_is_on({.die = 2s});
  EXPECT_EQ(kinds(machine.ask_off(kStart)), std::vector{Kind::power_off_asked});
  EXPECT_EQ(machine.packet(kStart + 1s),
            (PowerMachine::Happenings{{Kind::packet_valid, PowerState::dying, ""},
                                      {Kind::lost_packet, PowerState::dying, "still dying"}}));
  EXPECT_EQ(machine.tick(kStart + 2s),
            (PowerMachine::Happenings{{Kind::powered_off, PowerState::dying, "asked"}}));
  EXPECT_EQ(machine.state(), PowerState::off);
  EXPECT_TRUE(machine.tick(kStart + 1h).empty()) << "the packet sent while dying is lost";
}

TEST(PowerMachine, PacketAtTheVeryEndOfDyingFindsItOff) {
  PowerMachine machine = machine_that_is_on({.die = 2s});
  (void)machine.ask_off(kStart);
  EXPECT_EQ(kinds(machine.packet(kStart + 2s)),
            (std::vector{Kind::powered_off, Kind::packet_valid, Kind::powered_on}));
}

TEST(PowerMachine, PacketsWhileBootingAndOnChangeNothing) {
  PowerMachine machine({.boot = 8s});
  (void)machine.packet(kStart);
  EXPECT_EQ(kinds(machine.packet(kStart + 2s)), std::vector{Kind::packet_valid});
  EXPECT_EQ(machine.deadline(), kStart + 8s) << "a repeated packet does not restart the boot";
  EXPECT_EQ(kinds(machine.packet(kStart + 9s)), (std::vector{Kind::boot_done, Kind::packet_valid}));
  EXPECT_EQ(machine.state(), PowerState::on);
}

TEST(PowerMachine, CutIsAtOnceFromEveryState) {
  PowerMachine machine({.boot = 8s});
  EXPECT_TRUE(machine.cut(kStart).empty()) << "off already";
  (void)machine.power_on(kStart, "button");
  EXPECT_EQ(machine.cut(kStart + 1s),
            (PowerMachine::Happenings{{Kind::powered_off, PowerState::booting, "cut"}}));
  EXPECT_TRUE(machine.tick(kStart + 1h).empty()) << "the boot was cut";
}

TEST(PowerMachine, OffWhileOffOrDyingIsNothingNew) {
  PowerMachine machine({.die = 2s});
  EXPECT_TRUE(machine.ask_off(kStart).empty());
  machine = machine_that_is_on({.die = 2s});
  (void)machine.ask_off(kStart);
  EXPECT_TRUE(machine.ask_off(kStart + 1s).empty());
  EXPECT_EQ(machine.deadline(), kStart + 2s);
}

TEST(PowerMachine, Faults) {
  PowerMachine lossy({.ignore_packets = 2});
  EXPECT_EQ(kinds(lossy.packet(kStart)), (std::vector{Kind::packet_valid, Kind::lost_packet}));
  EXPECT_EQ(kinds(lossy.packet(kStart)), (std::vector{Kind::packet_valid, Kind::lost_packet}));
  EXPECT_EQ(kinds(lossy.packet(kStart)), (std::vector{Kind::packet_valid, Kind::powered_on}));

  PowerMachine slow({.boot = 8s, .boot_slow_factor = 3});
  (void)slow.packet(kStart);
  EXPECT_EQ(slow.deadline(), kStart + 24s);

  PowerMachine unarmed({});
  unarmed.set_wake_armed(false);
  EXPECT_EQ(kinds(unarmed.packet(kStart)), (std::vector{Kind::packet_valid, Kind::lost_packet}));
  EXPECT_EQ(unarmed.state(), PowerState::off);
}

TEST(PowerMachine, DeadAfterItsLastBoot) {
  PowerMachine machine({.boot = 8s, .die = 2s, .boots_max = 2});
  (void)machine.power_on(kStart, "start");
  (void)machine.ask_off(kStart + 10s);
  EXPECT_EQ(kinds(machine.packet(kStart + 20s)),
            (std::vector{Kind::powered_off, Kind::packet_valid, Kind::powered_on}));
  (void)machine.ask_off(kStart + 30s);
  (void)machine.tick(kStart + 32s);
  EXPECT_EQ(machine.packet(kStart + 40s),
            (PowerMachine::Happenings{{Kind::packet_valid, PowerState::off, ""},
                                      {Kind::lost_packet, PowerState::off, "dead"}}));
  EXPECT_TRUE(machine.power_on(kStart + 50s, "button").empty());
  EXPECT_EQ(machine.state(), PowerState::off);
  EXPECT_EQ(machine.deadline(), std::nullopt) << "and nothing is under way";

  PowerMachine stillborn({.boots_max = 0});
  EXPECT_TRUE(stillborn.power_on(kStart, "start").empty());
}

}  // namespace
}  // namespace ecokube::lab
