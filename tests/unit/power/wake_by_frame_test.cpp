// Goal: on its own segments the coordinator sends by each interface, by UDP and as Ethernet frames,
// with the password, which no log repeats. Method: two cables in a network namespace of the test's
// own, and a double of ecokube-raw-wake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/magic_packet.h"
#include "coordinator/power/wake_on_lan.h"
#include "tests/support/frame_ear.h"
#include "tests/support/helper_double.h"
#include "tests/support/kept_log.h"
#include "tests/support/own_network.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kMac = "02:00:00:00:00:2a";
constexpr const char* kSecret = "0a:1b:2c:3d:4e:5f";
constexpr std::size_t kHeaders = 14 + 20 + 8;  // Ethernet, IPv4, UDP

class WakeByFrame : public testing::Test {
 protected:
  WakeByFrame() {
    order_.address = "10.77.0.255:9";
    order_.macs = {kMac};
    order_.secure_on_file = dir_.write("secure-on", kSecret);
    fs::permissions(order_.secure_on_file, fs::perms::owner_read);
  }

  Result<void> wake() { return test::run(io_, power_->wake(order_, power_->secure_on_of(order_))); }
  bool asked(std::size_t times) {
    return test::run_until(io_, [&] { return helper_.asked().size() >= times; });
  }

  test::KeptLog log_;
  test::TempDir dir_;
  boost::asio::io_context io_{1};
  test::HelperDouble helper_{io_, dir_ / "raw.sock", [](const std::string&) { return "sent=yes"; }};
  std::unique_ptr<PowerControl> power_ = make_wake_on_lan(io_.get_executor(), dir_ / "raw.sock");
  core::WakeNode order_;
};

TEST_F(WakeByFrame, GoesByEachInterfaceOfTheSegmentAndIsLogged) {
  const std::vector<test::Cable> cables = {
      {"v0", "10.77.0.1/24"}, {"v1", "10.77.0.2/24"}, {"v2", "10.78.0.2/24"}};
  test::with_cables(cables, [this] {
    test::FrameEar zero("v0far"), one("v1far"), elsewhere("v2far");
    const auto sent = wake();
    ASSERT_TRUE(sent) << sent.error().message;
    const auto packet = magic_packet(*MacAddress::parse(kMac), SecureOn::parse(kSecret));
    for (auto* far : {&zero, &one}) {
      const auto frame = far->hear();
      ASSERT_EQ(frame.size(), kHeaders + packet.size());
      EXPECT_EQ(frame.substr(kHeaders), std::string(packet.begin(), packet.end()));
      EXPECT_EQ(far->hear(), "");
    }
    EXPECT_EQ(elsewhere.hear(), "");
    ASSERT_TRUE(asked(2));
    EXPECT_THAT(helper_.asked(), ElementsAre("wake v0 02:00:00:00:00:2a 0a:1b:2c:3d:4e:5f",
                                             "wake v1 02:00:00:00:00:2a 0a:1b:2c:3d:4e:5f"));
    EXPECT_THAT(log_.text(), HasSubstr("kind=udp to=10.77.0.255:9 interfaces=v0,v1 macs=02:00:00"));
    EXPECT_TRUE(test::run_until(io_, [this] { return log_.count("kind=raw interface=v1") > 0; }));
    EXPECT_THAT(log_.text(), Not(HasSubstr("0a:1b")));
  });
}

TEST_F(WakeByFrame, NeverMeansByUdpAlone) {
  test::with_cables({{"v0", "10.77.0.1/24"}}, [this] {
    test::FrameEar far("v0far");
    order_.raw = false;
    ASSERT_TRUE(wake());
    EXPECT_NE(far.hear(), "");
    order_.raw = true;
    order_.macs = {"02:00:00:00:00:2b"};
    ASSERT_TRUE(wake());
    ASSERT_TRUE(asked(1));
    EXPECT_THAT(helper_.asked()[0], HasSubstr("02:00:00:00:00:2b")) << "the second alone";
  });
}

TEST_F(WakeByFrame, APasswordThatCanNotBeReadIsSaidAndTheBarePacketSent) {
  test::with_cables({{"v0", "10.77.0.1/24"}}, [this] {
    test::FrameEar far("v0far");
    fs::permissions(order_.secure_on_file, fs::perms::owner_read | fs::perms::others_read);
    const auto sent = wake();
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::config);
    EXPECT_THAT(sent.error().message, HasSubstr("the SecureOn password was not sent"));
    EXPECT_THAT(sent.error().message, HasSubstr("chmod 600"));
    EXPECT_EQ(far.hear().size(), kHeaders + kMagicPacketBytes);
    ASSERT_TRUE(asked(1));
    EXPECT_THAT(helper_.asked(), ElementsAre("wake v0 02:00:00:00:00:2a"));
  });
}

}  // namespace
}  // namespace ecokube
