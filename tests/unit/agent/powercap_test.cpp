// Goal: each joule of a node is counted once. Method: sysfs trees as the kernel shows them, flat,
// nested and both at once.
#include "node-agent/sensors/powercap.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "node-agent/sensors/power_meter.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using std::chrono::seconds;

struct Tree {
  test::TempDir root;

  void zone(const std::string& path, const std::string& name, std::uint64_t joules,
            const std::string& max_power_uw = "") {
    const auto folder = "class/powercap/" + path + "/";
    root.write(folder + "name", name + "\n");
    root.write(folder + "max_energy_range_uj", "262143328850\n");
    if (!max_power_uw.empty()) root.write(folder + "constraint_0_max_power_uw", max_power_uw);
    energy(path, joules);
  }
  void energy(const std::string& path, std::uint64_t joules) {
    root.write("class/powercap/" + path + "/energy_uj", std::to_string(joules * 1'000'000) + "\n");
  }
};

Energy counted(const Powercap& powercap) {
  Energy sum = Energy::microjoules(0);
  for (const auto& reading : powercap.readings()) {
    if (reading.counts_for_node) sum += reading.energy;
  }
  return sum;
}

TEST(Powercap, CountsPackagesAndDramOfANestedTree) {
  Tree tree;
  tree.zone("intel-rapl/intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl/intel-rapl:0/intel-rapl:0:0", "core", 60);
  tree.zone("intel-rapl/intel-rapl:0/intel-rapl:0:1", "dram", 10);
  tree.zone("intel-rapl/intel-rapl:1", "package-1", 200);
  Powercap powercap(tree.root.path(), {});
  powercap.sample(seconds(1));
  tree.energy("intel-rapl/intel-rapl:0", 130);
  tree.energy("intel-rapl/intel-rapl:0/intel-rapl:0:0", 80);
  tree.energy("intel-rapl/intel-rapl:0/intel-rapl:0:1", 15);
  tree.energy("intel-rapl/intel-rapl:1", 240);
  powercap.sample(seconds(2));
  EXPECT_TRUE(powercap.measures_node());
  EXPECT_EQ(powercap.readings(),
            (std::vector<EnergyReading>{{"rapl", "package-0", Energy::joules(30), true, 0},
                                        {"rapl", "package-0/core", Energy::joules(20), false, 0},
                                        {"rapl", "package-0/dram", Energy::joules(5), true, 0},
                                        {"rapl", "package-1", Energy::joules(40), true, 0}}));
}

TEST(Powercap, CountsAZoneShownFlatAndNestedOnce) {
  Tree tree;
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:0/intel-rapl:0:0", "dram", 10);
  tree.zone("intel-rapl:0:0", "dram", 10);
  tree.zone("intel-rapl-mmio:0", "package-0", 100);  // the same package by its other interface
  Powercap powercap(tree.root.path(), {});
  powercap.sample(seconds(1));
  for (const auto* path : {"intel-rapl:0", "intel-rapl-mmio:0"}) tree.energy(path, 150);
  for (const auto* path : {"intel-rapl:0/intel-rapl:0:0", "intel-rapl:0:0"}) tree.energy(path, 17);
  powercap.sample(seconds(2));
  EXPECT_EQ(counted(powercap), Energy::joules(57));
}

TEST(Powercap, PsysStandsAlone) {
  Tree tree;
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:0:0", "core", 50);
  tree.zone("intel-rapl:1", "psys", 500);
  Powercap powercap(tree.root.path(), {});
  powercap.sample(seconds(1));
  tree.energy("intel-rapl:0", 120);
  tree.energy("intel-rapl:1", 535);
  powercap.sample(seconds(2));
  EXPECT_EQ(counted(powercap), Energy::joules(35));
}

TEST(Powercap, TakesTheBoundFromTheZonesOwnConstraint) {
  Tree tree;
  tree.zone("intel-rapl:0", "package-0", 100, "15000000");  // at most 2 x 15 W
  Powercap powercap(tree.root.path(), {});
  powercap.sample(seconds(1));
  tree.energy("intel-rapl:0", 150);
  powercap.sample(seconds(2));
  ASSERT_EQ(powercap.readings().size(), 1U);
  EXPECT_EQ(powercap.readings()[0].energy, Energy::joules(0));
  EXPECT_EQ(powercap.readings()[0].unknown_intervals, 1U);
}

TEST(Powercap, AppearsLaterAndBreaksInBetween) {
  Tree tree;
  Powercap powercap(tree.root.path(), {});
  powercap.sample(seconds(1));
  EXPECT_FALSE(powercap.measures_node());
  EXPECT_TRUE(powercap.readings().empty());
  tree.zone("intel-rapl:0", "package-0", 100);
  powercap.sample(seconds(2));
  tree.energy("intel-rapl:0", 130);
  powercap.sample(seconds(3));
  tree.root.write("class/powercap/intel-rapl:0/energy_uj", "");
  powercap.sample(seconds(4));
  EXPECT_FALSE(powercap.measures_node());
  EXPECT_EQ(powercap.take_problems().size(), 1U);
  tree.energy("intel-rapl:0", 190);
  powercap.sample(seconds(5));
  tree.energy("intel-rapl:0", 200);
  powercap.sample(seconds(6));
  ASSERT_TRUE(powercap.measures_node());
  EXPECT_EQ(counted(powercap), Energy::joules(40));
  EXPECT_EQ(powercap.readings()[0].unknown_intervals, 1U);
}

TEST(Powercap, SaysAMissingPermissionOnce) {
  Tree tree;
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
  powercap.sample(seconds(1));
  const auto first = powercap.take_problems();
  powercap.sample(seconds(2));
  const auto second = powercap.take_problems();
  ASSERT_EQ(::seteuid(before), 0);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_NE(first[0].find("no permission"), std::string::npos) << first[0];
  EXPECT_TRUE(second.empty());
  EXPECT_FALSE(powercap.measures_node());
}

TEST(PowerMeter, FallsBackToTheModelAndMarksIt) {
  test::TempDir root;
  root.write("stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3\n");
  PowerMeterOptions options{root.path(), root.path(), Power::watts(10), Power::watts(50)};
  PowerMeter meter(options);
  meter.sample(seconds(1));
  root.write("stat", "cpu  150 0 100 850 0 0 0 0 0 0\n");  // half loaded
  meter.sample(seconds(11));
  EXPECT_EQ(meter.readings(),
            (std::vector<EnergyReading>{{"model", "node", Energy::joules(300), true, 0}}));
}

TEST(PowerMeter, PrefersWhatIsMeasured) {
  Tree tree;
  tree.zone("intel-rapl:0", "package-0", 100);
  PowerMeterOptions options{tree.root.path(), tree.root.path(), Power::watts(10), Power::watts(50)};
  PowerMeter meter(options);
  meter.sample(seconds(1));
  ASSERT_EQ(meter.readings().size(), 1U);
  EXPECT_EQ(meter.readings()[0].source, "rapl");
}

}  // namespace
}  // namespace ecokube::agent
