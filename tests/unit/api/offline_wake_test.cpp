// Goal: what `ecoctl wake-bundle` prints is enough to wake the fleet when nobody answers (S24).
#include "cli/offline_wake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <map>

#include "common/magic_packet.h"
#include "coordinator/api/json.h"
#include "tests/support/packet_ear.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/api/captured.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class OfflineWake : public testing::Test {
 protected:
  OfflineWake() {
    test::fill(fleet_);
    const auto port = std::to_string(machines_.port);
    for (auto& [name, node] : fleet_.world_value.nodes) {
      node.inventory.wake_address = "127.0.0.1:" + port;
      const auto mac = name == "worker1" ? "02:00:00:00:00:01" : "02:00:00:00:00:02";
      node.inventory.nics = {{"eth0", *MacAddress::parse(mac), true, true}};
    }
    command_.verb = Verb::wake;
    command_.rate_per_min = 60'000;
  }

  void write_bundle() {
    command_.bundle =
        dir_.write("bundle.json", boost::json::serialize(wake_bundle_json(fleet_, {})));
  }
  test::Outcome wake() {
    return test::captured([this] { return wake_offline(command_); });
  }
  /// How many packets each MAC got; all of them are in the socket by now.
  std::map<std::string, int> packets() {
    std::map<std::string, int> got;
    for (auto packet = machines_.hear(); !packet.empty(); packet = machines_.hear()) {
      for (const char* mac : {"02:00:00:00:00:01", "02:00:00:00:00:02"}) {
        const auto expected = magic_packet(*MacAddress::parse(mac));
        if (packet == std::string(expected.begin(), expected.end())) ++got[mac];
      }
    }
    return got;
  }

  test::TempDir dir_;
  test::PacketEar machines_{INADDR_LOOPBACK};
  test::FakeFleet fleet_;
  Command command_;
};

TEST_F(OfflineWake, SendsEachNodeThreePackets) {
  write_bundle();
  const auto done = wake();
  EXPECT_EQ(done.exit_code, kExitOk) << done.err;
  EXPECT_EQ(packets(),
            (std::map<std::string, int>{{"02:00:00:00:00:01", 3}, {"02:00:00:00:00:02", 3}}));
  EXPECT_THAT(done.out, HasSubstr("worker2: a packet to 127.0.0.1:"));
  EXPECT_THAT(done.out, HasSubstr("2 of 2 nodes"));
}

TEST_F(OfflineWake, SendsToTheOneThatIsNamed) {
  write_bundle();
  command_.node = "worker2";
  EXPECT_EQ(wake().exit_code, kExitOk);
  EXPECT_EQ(packets(), (std::map<std::string, int>{{"02:00:00:00:00:02", 3}}));
  command_.node = "worker9";
  const auto unknown = wake();
  EXPECT_EQ(unknown.exit_code, kExitFailed);
  EXPECT_THAT(unknown.err, HasSubstr("knows no node worker9"));
}

TEST_F(OfflineWake, OneThatCanNotBeWokenKeepsNobodyElseAsleep) {
  fleet_.world_value.nodes.at("worker1").inventory.nics.clear();
  write_bundle();
  const auto done = wake();
  EXPECT_EQ(done.exit_code, kExitFailed);
  EXPECT_THAT(done.err, HasSubstr("worker1: no MAC address is known"));
  EXPECT_THAT(done.out, HasSubstr("1 of 2 nodes"));
  EXPECT_EQ(packets(), (std::map<std::string, int>{{"02:00:00:00:00:02", 3}}));
}

TEST_F(OfflineWake, ReadsThePasswordFromTheFileThatTheBundleNames) {
  const auto secret = dir_.write("worker1.secure-on", "0a:1b:2c:3d:4e:5f\n");
  std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
  fleet_.policy_value.nodes["worker1"].secure_on_file = secret;
  command_.node = "worker1";
  write_bundle();
  const auto bundle = test::read_text(command_.bundle);
  EXPECT_THAT(bundle, HasSubstr(secret.string()));
  EXPECT_THAT(bundle, Not(HasSubstr("0a:1b"))) << "it holds no secret";
  const auto done = wake();
  EXPECT_EQ(done.exit_code, kExitOk) << done.err;
  const auto packet =
      magic_packet(*MacAddress::parse("02:00:00:00:00:01"), SecureOn::parse("0a:1b:2c:3d:4e:5f"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(machines_.hear(), std::string(packet.begin(), packet.end()));
  }
}

TEST_F(OfflineWake, SaysThatItCanNotWakeOneWithoutItsPassword) {
  fleet_.policy_value.nodes["worker1"].secure_on_file = dir_ / "elsewhere";
  write_bundle();
  const auto done = wake();
  EXPECT_EQ(done.exit_code, kExitFailed);
  EXPECT_THAT(done.err, HasSubstr("worker1: waking by 127.0.0.1:"));
  EXPECT_THAT(done.err, HasSubstr("the SecureOn password was not sent: password file"));
  EXPECT_THAT(done.out, HasSubstr("1 of 2 nodes"));
}

TEST_F(OfflineWake, SaysWhatIsNoBundle) {
  command_.bundle = dir_ / "none.json";
  EXPECT_THAT(wake().err, HasSubstr("ecoctl wake-bundle -o "));
  command_.bundle = dir_.path();
  EXPECT_THAT(wake().err, HasSubstr("ecoctl wake-bundle -o ")) << "it is a folder";
  command_.bundle = dir_.write("odd.json", R"({"format": "ecokube-wake-bundle/2"})");
  EXPECT_THAT(wake().err, HasSubstr("its format is \"ecokube-wake-bundle/2\""));
  command_.bundle = dir_.write("odd.json", "[1, 2");
  EXPECT_THAT(wake().err, HasSubstr("no JSON document"));
  EXPECT_TRUE(packets().empty());
}

}  // namespace
}  // namespace ecokube::cli
