// Goal: each zone is found once, by a name of its own, and what it measures is known. Method: sysfs
// trees as the kernel shows them, flat, nested and both at once, and one with links.
#include "node-agent/sensors/zone_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/sensor_fixture.h"

namespace ecokube::agent {
namespace {

using testing::ElementsAre;

std::vector<std::string> domains(const std::vector<PowercapZone>& zones) {
  std::vector<std::string> names;
  for (const auto& zone : zones) names.push_back(zone.domain);
  return names;
}

TEST(ZoneScan, WalksNestedZones) {
  PowercapTree tree;
  tree.zone("intel-rapl/intel-rapl:0", "package-0", 1);
  tree.zone("intel-rapl/intel-rapl:0/intel-rapl:0:0", "core", 1);
  tree.zone("intel-rapl/intel-rapl:0/intel-rapl:0:1", "dram", 1);
  const auto zones = scan_powercap(tree.root.path(), {});
  EXPECT_THAT(domains(zones), ElementsAre("package-0", "package-0/core", "package-0/dram"));
  EXPECT_EQ(zones[1].role, ZoneRole::part);
  EXPECT_EQ(zones[2].role, ZoneRole::dram);
  EXPECT_EQ(zones[2].control_type, "intel-rapl");
}

// As on a real machine: the class folder holds links, and each zone's folder its sub-zones.
TEST(ZoneScan, TakesLinkedZonesOnce) {
  PowercapTree tree;
  namespace fs = std::filesystem;
  const auto device = tree.root / "devices/virtual/powercap/intel-rapl";
  fs::create_directories(tree.root / "class/powercap");
  const auto add = [&](const std::string& path, const std::string& id, const char* name) {
    tree.root.write("devices/virtual/powercap/intel-rapl/" + path + "/name", name);
    tree.root.write("devices/virtual/powercap/intel-rapl/" + path + "/energy_uj", "1\n");
    fs::create_directory_symlink(device / path, tree.root / ("class/powercap/" + id));
    fs::create_directory_symlink(tree.root / "class/powercap", device / path / "subsystem");
    fs::create_directory_symlink(device, device / path / "device");
  };
  add("intel-rapl:0", "intel-rapl:0", "package-0");
  add("intel-rapl:0/intel-rapl:0:0", "intel-rapl:0:0", "core");
  fs::create_directory_symlink(device, tree.root / "class/powercap/intel-rapl");
  EXPECT_THAT(domains(scan_powercap(tree.root.path(), {})),
              ElementsAre("package-0", "package-0/core"));
}

TEST(ZoneScan, IndexesDuplicateNamesAndOrdersByNumber) {
  PowercapTree tree;
  for (const auto* id : {"intel-rapl:10", "intel-rapl:9", "intel-rapl:2"}) {
    tree.zone(id, "package-0", 1);
  }
  tree.zone("intel-rapl:10:0", "dram", 1);
  const auto zones = scan_powercap(tree.root.path(), {});
  EXPECT_THAT(domains(zones),
              ElementsAre("package-0", "package-0#2", "package-0#3", "package-0#3/dram"));
  EXPECT_EQ(zones[0].id, "intel-rapl:2");
  EXPECT_EQ(zones[3].id, "intel-rapl:10:0");
}

TEST(ZoneScan, KnowsTheMmioTwin) {
  PowercapTree tree;
  tree.zone("intel-rapl-mmio:0", "package-0", 1);
  tree.zone("intel-rapl-mmio:0:0", "dram", 1);
  tree.zone("intel-rapl:0", "package-0", 1);
  tree.zone("intel-rapl:0:2", "dram", 1);
  const auto zones = scan_powercap(tree.root.path(), {});
  ASSERT_EQ(zones.size(), 4U);
  EXPECT_EQ(zones[0].twin_of, "");
  EXPECT_EQ(zones[2].control_type, "intel-rapl-mmio");
  EXPECT_EQ(zones[2].twin_of, "intel-rapl:0");
  EXPECT_EQ(zones[3].twin_of, "intel-rapl:0:2");
}

TEST(ZoneScan, KeepsMmioWhereItIsAlone) {
  PowercapTree tree;
  tree.zone("intel-rapl-mmio:0", "package-0", 1);
  const auto zones = scan_powercap(tree.root.path(), {});
  ASSERT_EQ(zones.size(), 1U);
  EXPECT_EQ(zones[0].twin_of, "");
  EXPECT_EQ(zones[0].role, ZoneRole::package);
}

TEST(ZoneScan, GivesNoMeaningToUnknownNamesAndTypes) {
  PowercapTree tree;
  tree.zone("intel-rapl:0", "package-0", 1);
  tree.zone("intel-rapl:0:0", "npu", 1);
  tree.zone("other:0", "package-0", 1);
  const auto zones = scan_powercap(tree.root.path(), {});
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[1].role, ZoneRole::unknown);
  EXPECT_EQ(zones[2].role, ZoneRole::unknown) << "a control type that is not RAPL";
  EXPECT_EQ(zones[2].twin_of, "");
}

TEST(ZoneScan, BoundsAZoneByTwiceItsHighestLimitOrTheConfiguration) {
  PowercapTree tree;
  tree.zone("intel-rapl:0", "package-0", 1, "15000000");
  tree.zone("intel-rapl:1", "package-1", 1);
  tree.zone("intel-rapl:2", "package-2", 1, "28000000");
  tree.root.write("class/powercap/intel-rapl:2/constraint_1_power_limit_uw", "64000000\n");
  const auto zones = scan_powercap(tree.root.path(), Power::watts(50));
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[0].limits.power_max, Power::watts(50));
  EXPECT_EQ(zones[1].limits.power_max, Power::watts(50));
  EXPECT_EQ(zones[2].limits.power_max, Power::watts(128));
  EXPECT_EQ(scan_powercap(tree.root.path(), {})[0].limits.power_max, Power::watts(30));
}

}  // namespace
}  // namespace ecokube::agent
