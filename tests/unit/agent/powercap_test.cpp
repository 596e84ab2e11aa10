// Goal: each joule of a node is counted once, and none is made up. Method: made sysfs trees and a
// clock that the test moves.
#include "node-agent/sensors/powercap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/unit/agent/sensor_fixture.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

struct PowercapTest : testing::Test {
  PowercapTree tree;
  FakeClock clock;

  void sample(Powercap& powercap, std::chrono::nanoseconds at) {
    clock.at(at);
    powercap.sample(clock);
  }
  static ZoneState state(const Powercap& powercap, const std::string& id) {
    for (const auto& view : powercap.zones()) {
      if (view.zone.id == id) return view.state;
    }
    return ZoneState::gone;
  }
};

TEST_F(PowercapTest, CountsPackagesAndTheDramOutsideThem) {
  tree.zone("intel-rapl/intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl/intel-rapl:0/intel-rapl:0:0", "core", 60);
  tree.zone("intel-rapl/intel-rapl:0/intel-rapl:0:1", "dram", 10);
  tree.zone("intel-rapl/intel-rapl:0/intel-rapl:0:2", "npu", 10);
  tree.zone("intel-rapl/intel-rapl:1", "package-1", 200);
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  EXPECT_FALSE(powercap.measures(PowerSource::rapl)) << "nothing has moved yet";
  EXPECT_TRUE(powercap.readings(PowerSource::rapl).empty());
  tree.energy("intel-rapl/intel-rapl:0", 130);
  tree.energy("intel-rapl/intel-rapl:0/intel-rapl:0:0", 80);
  tree.energy("intel-rapl/intel-rapl:0/intel-rapl:0:1", 15);
  tree.energy("intel-rapl/intel-rapl:0/intel-rapl:0:2", 14);
  tree.energy("intel-rapl/intel-rapl:1", 240);
  sample(powercap, seconds(2));
  EXPECT_TRUE(powercap.measures(PowerSource::rapl));
  EXPECT_EQ(powercap.total(PowerSource::rapl), joules(75));
  const auto rapl = PowerSource::rapl;
  EXPECT_EQ(powercap.readings(rapl),
            (std::vector<EnergyReading>{{rapl, "package-0", joules(30), true, 0},
                                        {rapl, "package-0/core", joules(20), false, 0},
                                        {rapl, "package-0/dram", joules(5), true, 0},
                                        {rapl, "package-0/npu", joules(4), false, 0},
                                        {rapl, "package-1", joules(40), true, 0}}));
}

TEST_F(PowercapTest, DropsTheMmioTwinAndAZoneShownTwice) {
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:0/intel-rapl:0:0", "dram", 10);
  tree.zone("intel-rapl:0:0", "dram", 10);
  tree.zone("intel-rapl-mmio:0", "package-0", 100);
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  for (const auto* path : {"intel-rapl:0", "intel-rapl-mmio:0"}) tree.energy(path, 150);
  for (const auto* path : {"intel-rapl:0/intel-rapl:0:0", "intel-rapl:0:0"}) tree.energy(path, 17);
  sample(powercap, seconds(2));
  EXPECT_EQ(powercap.total(PowerSource::rapl), joules(57));
  EXPECT_EQ(powercap.readings(PowerSource::rapl).size(), 2U);
  EXPECT_EQ(state(powercap, "intel-rapl-mmio:0"), ZoneState::twin);
}

TEST_F(PowercapTest, PsysStandsAlone) {
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:1", "psys", 500);
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  tree.energy("intel-rapl:0", 120);
  tree.energy("intel-rapl:1", 535);
  sample(powercap, seconds(2));
  ASSERT_TRUE(powercap.measures(PowerSource::psys));
  EXPECT_EQ(powercap.total(PowerSource::psys), joules(35));
  EXPECT_EQ(powercap.total(PowerSource::rapl), joules(20));
  EXPECT_EQ(powercap.readings(PowerSource::psys),
            (std::vector<EnergyReading>{{PowerSource::rapl, "package-0", joules(20), false, 0},
                                        {PowerSource::psys, "psys", joules(35), true, 0}}));
}

TEST_F(PowercapTest, TrustsNoSecondPsys) {
  tree.zone("intel-rapl:0", "psys", 100);
  tree.zone("intel-rapl:1", "psys", 500);
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  tree.energy("intel-rapl:0", 120);
  tree.energy("intel-rapl:1", 535);
  sample(powercap, seconds(2));
  EXPECT_FALSE(powercap.measures(PowerSource::psys)) << "nobody knows what their sum is";
}

TEST_F(PowercapTest, DropsAMirroredDieAndItsParts) {
  tree.zone("intel-rapl:0", "package-0-die-0", 100);
  tree.zone("intel-rapl:1", "package-0-die-1", 100);
  tree.zone("intel-rapl:1:0", "dram", 10);
  Powercap powercap(tree.root.path(), {});
  clock.per_read = std::chrono::microseconds(20);
  for (int second = 1; second <= 8; ++second) {
    const auto value = 100'000'000ULL + 30'000'000ULL * static_cast<std::uint64_t>(second);
    tree.microjoules("intel-rapl:0", value);
    tree.microjoules("intel-rapl:1", value + 2000);  // read a moment later
    tree.energy("intel-rapl:1:0", 10 + static_cast<std::uint64_t>(second));
    sample(powercap, seconds(second));
    EXPECT_EQ(powercap.total(PowerSource::rapl),
              joules(30 * static_cast<std::uint64_t>(second - 1)))
        << "not counted while it is not sure either";
  }
  EXPECT_EQ(state(powercap, "intel-rapl:1"), ZoneState::mirror);
  EXPECT_EQ(state(powercap, "intel-rapl:1:0"), ZoneState::mirror);
  EXPECT_TRUE(powercap.measures(PowerSource::rapl));
}

TEST_F(PowercapTest, CountsDiesThatMoveApart) {
  tree.zone("intel-rapl:0", "package-0-die-0", 100);
  tree.zone("intel-rapl:1", "package-0-die-1", 100);
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  tree.energy("intel-rapl:0", 130);
  tree.energy("intel-rapl:1", 141);
  sample(powercap, seconds(2));
  EXPECT_EQ(powercap.total(PowerSource::rapl), joules(71)) << "what went before counts too";
}

TEST_F(PowercapTest, TakesTheBoundFromTheZonesOwnConstraint) {
  tree.zone("intel-rapl:0", "package-0", 100, "15000000");  // at most 2 x 15 W
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  tree.energy("intel-rapl:0", 150);
  sample(powercap, seconds(2));
  EXPECT_EQ(powercap.total(PowerSource::rapl), joules(0));
  EXPECT_EQ(powercap.unknown_intervals(PowerSource::rapl), 1U);
}

TEST_F(PowercapTest, TakesATimeAroundEachRead) {
  tree.zone("intel-rapl:0", "package-0", 100, "15000000");
  tree.zone("intel-rapl:1", "package-1", 100, "15000000");
  Powercap powercap(tree.root.path(), {});
  // Each look at the clock takes 2 s: package-1 is read late, and has 8 s more to draw from.
  sample(powercap, seconds(1));
  clock.per_read = seconds(2);
  tree.energy("intel-rapl:0", 100 + 40);
  tree.energy("intel-rapl:1", 100 + 250);
  sample(powercap, seconds(2));
  EXPECT_EQ(powercap.total(PowerSource::rapl), joules(290));
}

TEST_F(PowercapTest, LeavesOutATimeOfSuspend) {
  tree.zone("intel-rapl:0", "package-0", 100);
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  tree.energy("intel-rapl:0", 110);
  sample(powercap, seconds(2));
  clock.suspend(seconds(3600));
  tree.energy("intel-rapl:0", 115);
  sample(powercap, seconds(3));
  tree.energy("intel-rapl:0", 135);
  sample(powercap, seconds(4));
  EXPECT_EQ(powercap.total(PowerSource::rapl), joules(30));
  EXPECT_EQ(powercap.unknown_intervals(PowerSource::rapl), 1U);
}

TEST_F(PowercapTest, AppearsLaterAndBreaksInBetween) {
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  EXPECT_FALSE(powercap.measures(PowerSource::rapl));
  tree.zone("intel-rapl:0", "package-0", 100);
  sample(powercap, seconds(2));
  EXPECT_TRUE(powercap.zones().empty()) << "it does not look each second";
  sample(powercap, seconds(12));
  tree.energy("intel-rapl:0", 130);
  sample(powercap, seconds(13));
  tree.root.write("class/powercap/intel-rapl:0/energy_uj", "");
  sample(powercap, seconds(14));
  EXPECT_FALSE(powercap.measures(PowerSource::rapl));
  EXPECT_EQ(powercap.take_problems().size(), 1U);
  tree.energy("intel-rapl:0", 190);
  sample(powercap, seconds(15));
  tree.energy("intel-rapl:0", 200);
  sample(powercap, seconds(16));
  ASSERT_TRUE(powercap.measures(PowerSource::rapl));
  EXPECT_EQ(powercap.total(PowerSource::rapl), joules(40));
  EXPECT_EQ(powercap.unknown_intervals(PowerSource::rapl), 1U);
}

TEST_F(PowercapTest, AZoneThatDoesNotMoveIsAbsentNotZero) {
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:0:0", "dram", 0);
  tree.zone("intel-rapl:1", "package-1", 0);
  Powercap powercap(tree.root.path(), {});
  for (int second = 1; second <= 8; ++second) {
    tree.energy("intel-rapl:0", 100 + 10 * static_cast<std::uint64_t>(second));
    sample(powercap, seconds(second));
  }
  EXPECT_EQ(state(powercap, "intel-rapl:1"), ZoneState::still);
  EXPECT_EQ(state(powercap, "intel-rapl:0:0"), ZoneState::still);
  ASSERT_TRUE(powercap.measures(PowerSource::rapl));
  EXPECT_EQ(powercap.readings(PowerSource::rapl),
            (std::vector<EnergyReading>{{PowerSource::rapl, "package-0", joules(70), true, 0}}));
  // And one that stops: we run on it, so it can't draw nothing.
  for (int second = 9; second <= 15; ++second) sample(powercap, seconds(second));
  EXPECT_FALSE(powercap.measures(PowerSource::rapl));
  EXPECT_TRUE(powercap.readings(PowerSource::rapl).empty());
}

TEST_F(PowercapTest, APartThatIsSwitchedOffDrawsNothing) {
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:0:0", "uncore", 0);
  Powercap powercap(tree.root.path(), {});
  for (int second = 1; second <= 12; ++second) {
    tree.energy("intel-rapl:0", 100 + 10 * static_cast<std::uint64_t>(second));
    if (second < 3) tree.energy("intel-rapl:0:0", static_cast<std::uint64_t>(second));
    sample(powercap, seconds(second));
  }
  EXPECT_EQ(state(powercap, "intel-rapl:0:0"), ZoneState::measured);
}

TEST_F(PowercapTest, SaysAMissingPermissionOnce) {
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:1", "package-1", 100);
  for (const auto* path : {"intel-rapl:0", "intel-rapl:1"}) {
    std::filesystem::permissions(tree.root / "class/powercap" / path / "energy_uj",
                                 std::filesystem::perms::none);
  }
  const uid_t before = ::geteuid();
  if (before == 0) {  // root reads everything: be someone else for the readings
    std::filesystem::permissions(tree.root.path(), std::filesystem::perms::all);
    ASSERT_EQ(::seteuid(65534), 0);
  }
  Powercap powercap(tree.root.path(), {});
  sample(powercap, seconds(1));
  const auto first = powercap.take_problems();
  sample(powercap, seconds(20));
  const auto second = powercap.take_problems();
  ASSERT_EQ(::seteuid(before), 0);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_THAT(first[0], HasSubstr("CAP_DAC_READ_SEARCH"));
  EXPECT_TRUE(second.empty());
  EXPECT_TRUE(powercap.denied());
  EXPECT_FALSE(powercap.measures(PowerSource::rapl));
  EXPECT_TRUE(powercap.readings(PowerSource::rapl).empty()) << "no access is not 0 W";
  // A rule gives the permission later: it is taken up without a restart.
  for (const auto* path : {"intel-rapl:0", "intel-rapl:1"}) {
    std::filesystem::permissions(tree.root / "class/powercap" / path / "energy_uj",
                                 std::filesystem::perms::owner_read);
  }
  sample(powercap, seconds(31));
  EXPECT_FALSE(powercap.denied());
}

}  // namespace
}  // namespace ecokube::agent
