// Goal: a NIC's segment is where its addresses are, on itself or on what it is a port of.
#include "node-agent/sensors/segments.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

struct NetTree {
  test::TempDir dir;
  MachineRoots roots{dir / "sys", dir / "proc", dir / "sys/fs/cgroup", dir / "machine-id"};

  void nic(const std::string& name, const std::string& mac) {
    dir.write("sys/class/net/" + name + "/address", mac + "\n");
    dir.write("sys/class/net/" + name + "/device/power/wakeup", "enabled\n");
  }
  void enslave(const std::string& name, const std::string& master) {
    dir.write("sys/class/net/" + master + "/address", "02:00:00:00:00:ff\n");
    std::filesystem::create_symlink("../" + master, dir / ("sys/class/net/" + name + "/master"));
  }
};

Ipv4Subnet subnet(const char* text) { return *Ipv4Subnet::parse(text); }

TEST(Segments, AreOfTheInterfaceItselfOrOfWhatItIsAPortOf) {
  NetTree tree;
  tree.nic("eno1", "02:00:00:00:00:01");
  tree.nic("eno2", "02:00:00:00:00:02");
  tree.nic("eno3", "02:00:00:00:00:03");
  tree.enslave("eno2", "bond0");
  tree.enslave("bond0", "br0");
  auto nics = read_nics(tree.roots);
  add_subnets(nics, tree.roots,
              {{"lo", subnet("127.0.0.1/8")},
               {"eno1", subnet("10.0.1.7/24")},
               {"eno1", subnet("10.0.9.7/16")},
               {"bond0", subnet("10.0.4.7/24")},
               {"br0", subnet("10.0.2.7/24")}});
  ASSERT_EQ(nics.size(), 3U);
  EXPECT_EQ(nics[0].subnets,
            (std::vector<Ipv4Subnet>{subnet("10.0.1.7/24"), subnet("10.0.9.7/16")}));
  EXPECT_EQ(nics[1].subnets, std::vector<Ipv4Subnet>{subnet("10.0.2.7/24")});
  EXPECT_TRUE(nics[2].subnets.empty());
}

TEST(Segments, ABroadcastGoesOutOfEachInterfaceWithAnAddressThere) {
  const auto broadcast = subnet("10.0.1.0/24").broadcast();
  std::vector<Nic> nics = {{"eno1", MacAddress({2, 0, 0, 0, 0, 1})},
                           {"eno2", MacAddress({2, 0, 0, 0, 0, 2})}};
  nics[0].subnets = {subnet("10.0.1.7/24")};
  const std::vector<InterfaceAddress> addresses = {
      {"lo", subnet("127.0.0.1/8")},    {"eno1.10", subnet("10.0.1.7/24")},
      {"br0", subnet("10.0.1.8/24")},   {"br0", subnet("10.0.1.9/24")},
      {"eno2", subnet("10.0.1.10/31")}, {"eno2", subnet("10.0.1.7/16")}};
  const std::vector<std::string> both = {"eno1.10", "br0"};
  EXPECT_EQ(interfaces_on(nics, addresses, broadcast), (SegmentInterfaces{both, both}));
  EXPECT_EQ(interfaces_on(nics, {}, broadcast), (SegmentInterfaces{{}, {"eno1"}}))
      << "as it was told, where no address says so";
  EXPECT_EQ(interfaces_on(nics, addresses, subnet("10.9.9.0/24").broadcast()), SegmentInterfaces());
}

TEST(Segments, MastersThatGoRoundEnd) {
  NetTree tree;
  tree.nic("eno1", "02:00:00:00:00:01");
  std::filesystem::create_symlink("../eno1", tree.dir / "sys/class/net/eno1/master");
  auto nics = read_nics(tree.roots);
  add_subnets(nics, tree.roots, std::vector<InterfaceAddress>(20, {"eno1", subnet("10.0.1.7/24")}));
  EXPECT_EQ(nics.at(0).subnets.size(), 8U) << "and there are not more than can be told";
}

TEST(Segments, ConfiguredOnesCountInstead) {
  NetTree tree;
  tree.nic("lo0", "02:00:00:00:00:01");
  const auto nics = read_nics_on_segments(tree.roots, {subnet("127.0.9.1/24")});
  ASSERT_EQ(nics.size(), 1U);
  EXPECT_EQ(nics[0].subnets, std::vector<Ipv4Subnet>{subnet("127.0.9.1/24")});
}

TEST(Segments, TheKernelTellsThemWithoutAnyRight) {
  const auto addresses = read_interface_addresses();
  const InterfaceAddress loopback{"lo", subnet("127.0.0.1/8")};
  EXPECT_NE(std::find(addresses.begin(), addresses.end(), loopback), addresses.end());
}

}  // namespace
}  // namespace ecokube::agent
