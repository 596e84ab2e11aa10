// Goal: a machine with a real kernel powers itself off by the agent's command and comes back by a
// packet on the wire, or by its BMC where no packet helps. Method: an emulated machine whose card
// is armed by its own driver, on a bridge with the coordinator's end, which is in this process.
#include <gmock/gmock.h>

#include "tests/e2e/vm/vm_fixture.h"

namespace ecokube::test {
namespace {

using Clock = std::chrono::steady_clock;
using testing::HasSubstr;

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
  RecordProperty("command to off, s",
                 std::to_string(std::chrono::duration<double>(Clock::now() - told).count()));

  send_packet(*MacAddress::parse("52:54:00:00:00:99"));
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

  // logind does what an owner's machine does when its button is pressed.
  ASSERT_TRUE(
      wait_for([&] { return said("systemctl is-active systemd-logind || true") == "active\n"; }));
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

}  // namespace
}  // namespace ecokube::test
