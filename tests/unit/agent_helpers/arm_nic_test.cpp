// Goal: a NIC is said to be armed only if it reads back so, nothing else of its settings changes,
// and for each way to fail the answer names the NIC and what to do.
#include "node-agent/helpers/arm_nic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <utility>

#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using testing::HasSubstr;
constexpr std::uint32_t kPhy = 1, kUnicast = 2, kSecureOn = 64;
constexpr std::uint32_t kAll = 0x2f | kSecureOn;

/// A NIC in memory, with the faults that drivers have.
class FakeNic final : public WakeOnLanDriver {
 public:
  explicit FakeNic(WakeOnLan now) : wol(now) {}
  Result<WakeOnLan> get(const std::string& nic) override {
    asked = nic;
    if (fails != Errc::invalid) return fail(fails, "Operation failed");
    return wol;
  }
  Result<void> set(const std::string& /*nic*/, const WakeOnLan& wanted) override {
    ++sets;
    if (refuses) return fail(Errc::io, "Invalid argument");
    if (!forgets) wol = wanted;
    if (on_set) on_set();
    return {};
  }

  WakeOnLan wol;
  Errc fails = Errc::invalid;  ///< invalid: it does not
  bool refuses = false, forgets = false;
  std::function<void()> on_set;
  int sets = 0;
  std::string asked;
};

struct ArmNic : testing::Test {
  test::TempDir dir;
  FakeNic nic{{kAll, kUnicast | kSecureOn, {1, 2, 3, 4, 5, 6}}};

  ArmNic() {
    std::filesystem::create_directories(dir / "class/net/eno1/device");
    std::filesystem::create_directories(dir / "class/net/veth0");
    wakeup("disabled");
  }
  void wakeup(const std::string& word) {
    dir.write("class/net/eno1/device/power/wakeup", word + "\n");
  }
  NicAnswer ask(const std::string& line) {
    const auto question = parse_nic_question(line);
    EXPECT_TRUE(question) << line;
    return answer_of(question.value(), nic, dir.path());
  }
};

TEST_F(ArmNic, AddsTheMagicPacketAndTouchesNothingElse) {
  const auto answer = ask("arm eno1");
  EXPECT_TRUE(answer.armed());
  EXPECT_EQ(answer.problem, "");
  EXPECT_EQ(answer.wakeup, Wakeup::enabled);
  EXPECT_EQ(answer.enabled, kUnicast | kSecureOn | kWakeMagic);
  EXPECT_EQ(nic.wol, (WakeOnLan{kAll, kUnicast | kSecureOn | kWakeMagic, {1, 2, 3, 4, 5, 6}}));
  EXPECT_THAT(test::read_text(dir / "class/net/eno1/device/power/wakeup"),
              testing::StartsWith("enabled\n"));
}

TEST_F(ArmNic, SetsNothingThatIsSet) {
  nic.wol.enabled = kWakeMagic | kPhy;
  wakeup("enabled");
  EXPECT_TRUE(ask("arm eno1").armed());
  EXPECT_EQ(nic.sets, 0);
}

TEST_F(ArmNic, StatusChangesNothing) {
  const auto before = nic.wol;
  const auto answer = ask("status eno1");
  EXPECT_TRUE(answer.supports_magic());
  EXPECT_FALSE(answer.armed());
  EXPECT_THAT(answer.problem, HasSubstr("eno1 is not armed for Wake-on-LAN; run: ethtool -s eno1"));
  EXPECT_EQ(nic.wol, before);
  EXPECT_EQ(nic.sets, 0);
  EXPECT_EQ(test::read_text(dir / "class/net/eno1/device/power/wakeup"), "disabled\n");
}

TEST_F(ArmNic, SaysThatANicCant) {
  nic.wol = {kPhy | kUnicast, 0, {}};
  const auto answer = ask("arm eno1");
  EXPECT_TRUE(answer.known);
  EXPECT_FALSE(answer.armed());
  EXPECT_THAT(answer.problem, HasSubstr("eno1 can't wake the machine by a magic packet (it "
                                        "supports pu); switch \"Wake on LAN\" on"));
  EXPECT_EQ(nic.sets, 0) << "nor is it tried";
  nic.fails = Errc::unsupported;
  const auto none = ask("arm eno1");
  EXPECT_TRUE(none.known);
  EXPECT_FALSE(none.supports_magic());
  EXPECT_THAT(none.problem, HasSubstr("its driver knows no Wake-on-LAN"));
  nic.fails = Errc::forbidden;
  EXPECT_FALSE(ask("arm eno1").known);
}

TEST_F(ArmNic, BelievesNoDriverThatSaysYesAndForgets) {
  nic.forgets = true;
  const auto answer = ask("arm eno1");
  EXPECT_EQ(nic.sets, 1);
  EXPECT_FALSE(answer.armed());
  EXPECT_THAT(answer.problem, HasSubstr("eno1 does not keep Wake-on-LAN"));
  EXPECT_THAT(answer.problem, HasSubstr("(BIOS setup)"));
  nic.forgets = false;
  nic.refuses = true;
  EXPECT_THAT(ask("arm eno1").problem, HasSubstr("eno1 refused Wake-on-LAN: Invalid argument"));
}

TEST_F(ArmNic, SeesItLostAgainAndArmsItAnew) {
  ASSERT_TRUE(ask("arm eno1").armed());
  nic.wol.enabled = 0;  // as power-saving tools do
  EXPECT_FALSE(ask("status eno1").armed());
  EXPECT_TRUE(ask("arm eno1").armed());
  EXPECT_EQ(nic.sets, 2);
}

TEST_F(ArmNic, SaysThatTheSwitchStaysOff) {
  // Nothing can be written there, not even by root.
  const auto file = dir / "class/net/eno1/device/power/wakeup";
  dir.write("elsewhere", "disabled\n");
  std::filesystem::remove(file);
  std::filesystem::create_symlink(dir / "elsewhere", file);
  const auto answer = ask("arm eno1");
  EXPECT_FALSE(answer.armed());
  EXPECT_THAT(answer.problem, HasSubstr("device/power/wakeup of eno1 stays disabled: "));
  EXPECT_EQ(test::read_text(dir / "elsewhere"), "disabled\n");
}

TEST_F(ArmNic, NeedsNoSwitchWhereThereIsNone) {
  std::filesystem::remove(dir / "class/net/eno1/device/power/wakeup");
  const auto answer = ask("arm eno1");
  EXPECT_TRUE(answer.armed());
  EXPECT_EQ(answer.wakeup, Wakeup::none);
}

TEST_F(ArmNic, TouchesHardwareOnly) {
  EXPECT_THAT(ask("arm veth0").problem, HasSubstr("no hardware behind it"));
  EXPECT_THAT(ask("arm eno9").problem, HasSubstr("there is no NIC eno9"));
  EXPECT_EQ(nic.asked, "") << "the driver is not asked at all";
}

TEST(NicQuestion, IsAVerbAndAPlainName) {
  EXPECT_EQ(parse_nic_question("arm enp0s31f6").value(),
            (NicQuestion{NicQuestion::Verb::arm, "enp0s31f6"}));
  EXPECT_EQ(parse_nic_question("status br-1.20").value(),
            (NicQuestion{NicQuestion::Verb::status, "br-1.20"}));
  for (const auto* line :
       {"", "arm", "arm ", "disarm eno1", "ARM eno1", "arm eno1 ", "arm  eno1", "arm ../../x",
        "arm .", "arm ..", "arm -s", "arm a/b", "arm sixteen-bytes-12", "arm eno1\n", "arm e:1"}) {
    EXPECT_FALSE(parse_nic_question(line)) << line;
  }
}

}  // namespace
}  // namespace ecokube::agent
