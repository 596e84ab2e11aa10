// Goal: a machine with a real kernel powers itself off, or suspends itself, by the agent's command
// and comes back by a packet on the wire, or by its BMC where no packet helps. Method: an emulated
// machine whose card is armed by its own driver, on a bridge with the coordinator's end, which is
// in this process.
#include <gmock/gmock.h>

#include "tests/e2e/vm/vm_fixture.h"

namespace ecokube::test {
namespace {

using Clock = std::chrono::steady_clock;
using Power = lab::VirtualMachine::Power;
using testing::HasSubstr;
using testing::StartsWith;

constexpr MacAddress kStranger({0x52, 0x54, 0, 0, 0, 0x99});

class VmAgent : public VmTest {};

TEST_F(VmAgent, PowersOffByCommandAndComesBackByItsOwnPacketAlone) {
  ASSERT_TRUE(machine->switch_on());
  const auto first = boots("button", Clock::now());
  settles();
  const auto told = Clock::now();
  const auto taken = shut_down();
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(origin(first), core::LeaveOrigin::coordinator);
  ASSERT_TRUE(goes_off());
  record("command to off, s", Clock::now() - told);

  send_packet(kStranger);
  EXPECT_FALSE(machine->runs()) << "that was another machine's packet";

  const auto asked = Clock::now();
  send_packet(machine->mac());
  EXPECT_TRUE(machine->runs());
  EXPECT_NE(boots("packet", asked, first), first);
}

TEST_F(VmAgent, ObeysItsBmcWhereNoPacketHelps) {
  machine->set_card_armed(false);
  send_packet(machine->mac());
  EXPECT_FALSE(machine->runs());
  EXPECT_EQ(bmc_power(), false);

  auto asked = Clock::now();
  ASSERT_TRUE(bmc_order(BmcVerb::on));
  const auto first = boots("BMC", asked);
  EXPECT_EQ(bmc_power(), true);

  settles();  // until then logind may not hear the button
  EXPECT_THAT(arming(), HasSubstr("wol=g ")) << "by the kernel's driver";
  ASSERT_TRUE(bmc_order(BmcVerb::soft));
  EXPECT_EQ(origin(first), core::LeaveOrigin::person);
  ASSERT_TRUE(goes_off());
  EXPECT_EQ(bmc_power(), false);

  send_packet(machine->mac());
  EXPECT_FALSE(machine->runs()) << "the packet fails";
  asked = Clock::now();
  ASSERT_TRUE(bmc_order(BmcVerb::on));
  EXPECT_NE(boots("BMC again", asked, first), first);
}

/// QEMU's card, or its driver, receives nothing after a suspend: what the agent knows is asked of
/// the machine itself, and how it connects again is another test's (AgentSleeps).
class VmSleeper : public VmAgent {
 protected:
  std::string boots_able_to_suspend() {
    EXPECT_TRUE(machine->switch_on());
    auto boot = boots("button", Clock::now(), before_);
    settles();
    EXPECT_TRUE(wait_for([&] { return can_suspend(); })) << "logind says that it can";
    return before_ = boot;
  }
  void is_woken_by_its_packet_alone(const std::string& boot) {
    ASSERT_TRUE(reaches(Power::suspended));
    send_packet(kStranger);
    EXPECT_TRUE(reaches(Power::suspended));
    EXPECT_EQ(bmc_power(), true) << "which is why nothing with a BMC is suspended";
    const auto asked = Clock::now();
    send_packet(machine->mac());
    ASSERT_TRUE(reaches(Power::on));
    EXPECT_EQ(said("cat /proc/sys/kernel/random/boot_id"), boot + "\n");
    record("packet to the suspended machine's shell, s", Clock::now() - asked);
  }
  bool agent_says(const std::string& text) {
    return wait_for([&] {
      const auto journal = said("journalctl --no-pager --boot --unit=ecokube-agent");
      return journal.find(text) != std::string::npos;
    });
  }
  std::string resumes() { return said("cat /var/lib/ecokube-agent/resumes"); }

 private:
  std::string before_;
};

TEST_F(VmSleeper, IsSuspendedByCommandOrByItsOwnerAndCountsItsLives) {
  auto boot = boots_able_to_suspend();
  EXPECT_THAT(resumes(), StartsWith(boot + " 0 "));
  const auto told = Clock::now();
  const auto taken = shut_down(core::SleepMode::suspend);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(origin(boot), core::LeaveOrigin::coordinator);
  is_woken_by_its_packet_alone(boot);
  record("command to suspended and back, s", Clock::now() - told);
  EXPECT_TRUE(agent_says("back from suspend")) << account();
  EXPECT_THAT(resumes(), StartsWith(boot + " 1 "));

  machine->cut_power();
  boot = boots_able_to_suspend();
  EXPECT_THAT(resumes(), StartsWith(boot + " 0 ")) << "another boot";
  said("systemd-run --quiet --no-block systemctl suspend");
  EXPECT_EQ(origin(boot), core::LeaveOrigin::person);
  is_woken_by_its_packet_alone(boot);
  EXPECT_TRUE(agent_says("the machine is awake")) << account();
  EXPECT_TRUE(wait_for([&] { return resumes().starts_with(boot + " 1 "); })) << resumes();
}

}  // namespace
}  // namespace ecokube::test
