// The made machine shows its zones in both ways that readers walk: peers differ in which they take.
#include "bench/agent/machine_tree.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

std::uint64_t energy_uj(const std::filesystem::path& zone) {
  const auto text = read_text(zone / "energy_uj");
  return text.empty() ? 0 : std::stoull(text);
}

TEST(MachineTree, ShowsEachZoneBesideTheOthersAndInsideItsParent) {
  const TempDir dir;
  const auto tree = bench::MachineTree::make(dir.path(), 2);
  ASSERT_TRUE(tree) << tree.error().message;
  const auto powercap = tree->sysfs() / "class/powercap";
  for (const std::string package : {"intel-rapl:0", "intel-rapl:1"}) {
    for (const std::string part : {":0", ":1", ":2"}) {
      const auto beside = powercap / (package + part);
      const auto inside = powercap / "intel-rapl" / package / (package + part);
      EXPECT_FALSE(read_text(beside / "name").empty()) << beside;
      EXPECT_TRUE(std::filesystem::equivalent(beside, inside)) << inside;
    }
  }
  EXPECT_EQ(read_text(powercap / "intel-rapl:1/intel-rapl:1:2/name"), "dram\n");
}

TEST(MachineTree, CountsTheEnergyOfASecondInBothPlaces) {
  const TempDir dir;
  auto tree = bench::MachineTree::make(dir.path(), 0);
  ASSERT_TRUE(tree) << tree.error().message;
  const auto beside = tree->sysfs() / "class/powercap/intel-rapl:0";
  const auto inside = tree->sysfs() / "class/powercap/intel-rapl/intel-rapl:0";
  const auto before = energy_uj(beside);
  ASSERT_TRUE(tree->second());
  constexpr std::uint64_t kPackage_uj = 45'000'000;
  EXPECT_EQ(energy_uj(beside), before + kPackage_uj);
  EXPECT_EQ(energy_uj(inside), before + kPackage_uj);
}

}  // namespace
}  // namespace ecokube::test
