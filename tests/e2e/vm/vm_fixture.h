#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "coordinator/power/management_controller.h"
#include "lab/real/vm/virtual_machine.h"
#include "tests/contract/agent_link/link_fixture.h"

namespace ecokube::test {

/// A virtual machine named worker1 with the agent's package, off at first, on a wire with the
/// coordinator's end, which is in this process, and a simulated BMC. Its disk is made once for all
/// tests of the program; each goes on with it as the one before left it.
class VmTest : public LinkTest {
 protected:
  static constexpr std::chrono::seconds kBootLimit{150};  ///< an emulated CPU on a busy host
  static constexpr std::chrono::seconds kDownLimit{60};

  VmTest();
  void TearDown() override;

  bool wait_for(const std::function<bool()>& done, std::chrono::seconds limit = kDownLimit) {
    return run_until(io, done, limit);
  }
  /// What root's shell command printed in the machine.
  std::string said(const std::string& command);
  /// For messages: what the agent and the kernel said, as far as it can be had.
  std::string account();

  /// Waits for the first heartbeat after those of `before`, of another life: its boot id. How long
  /// it took since `asked` is recorded under `name`, split into what the firmware and what the
  /// kernel with all behind it took.
  std::string boots(const std::string& name, std::chrono::steady_clock::time_point asked,
                    const std::string& before = {});
  /// Waits until all that starts at boot has started.
  void settles();
  /// What ecokube-nic-arm says once it had the kernel's driver arm the card.
  std::string arming();

  Result<void> shut_down(core::SleepMode mode = core::SleepMode::power_off);
  /// As its agent told it last.
  [[nodiscard]] bool can_suspend() const;
  /// What the latest goodbye of this boot said.
  core::LeaveOrigin origin(const std::string& boot_id);
  /// True: it powered itself off.
  bool goes_off();
  bool reaches(lab::VirtualMachine::Power power);
  static void record(const std::string& name, std::chrono::steady_clock::duration time);

  /// A magic packet by the product's own code, to the broadcast address of the wire.
  void send_packet(const MacAddress& mac);
  /// By the product's own way to a BMC.
  Result<bool> bmc_power();
  Result<void> bmc_order(BmcVerb verb);

  std::unique_ptr<lab::VirtualMachine> machine;

 private:
  std::unique_ptr<ChildProcess> simulator_;
  std::unique_ptr<ManagementController> bmc_;
};

}  // namespace ecokube::test
