// Goal: what `ecoctl wake-bundle` prints is enough to wake the fleet when nobody answers (S24).
#include "cli/offline_wake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/json.hpp>
#include <map>

#include "common/magic_packet.h"
#include "coordinator/api/json.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using testing::HasSubstr;

class OfflineWake : public testing::Test {
 protected:
  OfflineWake() {
    test::fill(fleet_);
    const auto port = std::to_string(machines_.local_endpoint().port());
    for (auto& [name, node] : fleet_.world_value.nodes) {
      node.inventory.wake_address = "127.0.0.1:" + port;
      const auto mac = name == "worker1" ? "02:00:00:00:00:01" : "02:00:00:00:00:02";
      node.inventory.nics = {{"eth0", *MacAddress::parse(mac), true, true}};
    }
    command_.verb = Verb::wake;
    command_.rate_per_min = 60'000;
  }

  void write_bundle() {
    command_.bundle = dir_.write("bundle.json", boost::json::serialize(wake_bundle_json(fleet_)));
  }
  struct Outcome {
    int exit_code;
    std::string out, err;
  };
  Outcome wake() {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = wake_offline(command_);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
  /// How many packets each MAC got; all of them are in the socket by now.
  std::map<std::string, int> packets() {
    std::map<std::string, int> got;
    machines_.non_blocking(true);
    std::array<std::uint8_t, 2 * kMagicPacketBytes> bytes{};
    boost::system::error_code none;
    for (;;) {
      const auto size = machines_.receive(asio::buffer(bytes), 0, none);
      if (none) return got;
      for (const char* mac : {"02:00:00:00:00:01", "02:00:00:00:00:02"}) {
        const auto expected = magic_packet(*MacAddress::parse(mac));
        const bool is_it = std::equal(expected.begin(), expected.end(), bytes.begin(),
                                      bytes.begin() + static_cast<std::ptrdiff_t>(size));
        if (is_it) ++got[mac];
      }
    }
  }

  test::TempDir dir_;
  asio::io_context io_{1};
  udp::socket machines_{io_, udp::endpoint(asio::ip::make_address("127.0.0.1"), 0)};
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

TEST_F(OfflineWake, SaysWhatIsNoBundle) {
  command_.bundle = dir_ / "none.json";
  EXPECT_THAT(wake().err, HasSubstr("ecoctl wake-bundle > "));
  command_.bundle = dir_.write("odd.json", R"({"format": "ecokube-wake-bundle/2"})");
  EXPECT_THAT(wake().err, HasSubstr("its format is \"ecokube-wake-bundle/2\""));
  command_.bundle = dir_.write("odd.json", "[1, 2");
  EXPECT_THAT(wake().err, HasSubstr("no JSON document"));
  EXPECT_TRUE(packets().empty());
}

}  // namespace
}  // namespace ecokube::cli
