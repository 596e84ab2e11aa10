// Goal: a machine with a real kernel powers itself off by the agent's command and comes back by a
// packet on the wire, or by its BMC where no packet helps. Method: an emulated machine whose card
// is armed by its own driver, on a bridge with the coordinator's end, which is in this process.
#include <gmock/gmock.h>

#include "tests/e2e/vm/vm_fixture.h"

namespace ecokube::test {
namespace {

using Clock = std::chrono::steady_clock;
using Power = lab::VirtualMachine::Power;
using testing::HasSubstr;

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

// The machine alone: no agent sends one to sleep yet, and its owner may.
TEST_F(VmAgent, GoesOnWhereItWasAfterSuspend) {
  ASSERT_TRUE(machine->switch_on());
  const auto boot = boots("button", Clock::now());
  settles();
  said("systemd-run --quiet --no-block systemctl suspend");
  ASSERT_TRUE(reaches(Power::suspended));
  send_packet(kStranger);
  EXPECT_TRUE(reaches(Power::suspended));
  EXPECT_EQ(bmc_power(), true);

  const auto beats = seen<core::AgentHeartbeat>().size();
  const auto asked = Clock::now();
  send_packet(machine->mac());
  ASSERT_TRUE(reaches(Power::on));
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() > beats; }));
  record("packet to heartbeat after suspend, s", Clock::now() - asked);
  EXPECT_EQ(seen<core::AgentHeartbeat>().back().boot_id, boot);
  EXPECT_EQ(said("cat /proc/sys/kernel/random/boot_id"), boot + "\n");
}

}  // namespace
}  // namespace ecokube::test
