#include "tests/e2e/vm/vm_fixture.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "coordinator/power/bmcs.h"
#include "coordinator/power/wake_on_lan.h"
#include "lab/real/vm/wire.h"
#include "tests/e2e/vm/vm_parts.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kBmcCallLimit = 10s;

/// For all tests.
const VmDisk& disk_on_the_wire() {
  static const VmDisk disk = [] {
    enter_vm_wire();
    return VmDisk();
  }();
  return disk;
}

}  // namespace

VmTest::VmTest() {
  const auto& disk = disk_on_the_wire();
  auto options = server_options();
  options.listen_address = lab::Wire::kOurAddress;
  options.port = kVmAgentsPort;
  options.heartbeat_interval = 500ms;
  // Of an emulated CPU.
  options.handshake_limit = 20s;
  options.shutdown_reply_timeout = 40s;
  start_server(std::move(options));
  machine = disk.plug_in(io.get_executor(), dir.path());
  auto bmc = start_vm_bmc(io.get_executor(), dir);
  simulator_ = std::move(bmc.simulator);
  bmc_ = make_controller(io.get_executor(), std::move(bmc.access));
  constexpr int kTries = 10;
  for (int i = 0; i < kTries && !bmc_power(); ++i) continue;  // each waits for an answer
}

void VmTest::TearDown() {
  if (HasFailure()) std::fputs(account().c_str(), stderr);
}

std::string VmTest::said(const std::string& command) {
  return must(run(io, machine->run(command, kDownLimit), kDownLimit + 10s));
}

std::string VmTest::account() {
  std::string text = machine->console() + "\ncoordinator: " + take_log() + "\nagent: ";
  if (!machine->runs()) return text + "the machine is off\n";
  const std::string units = "--unit=ecokube-agent --unit='ecokube-nic-arm*' --unit='ecokube-rtc*'";
  const auto journal =
      run(io, machine->run("journalctl --no-pager --boot " + units, kDownLimit), kDownLimit + 10s);
  return text + (journal ? *journal : journal.error().message) + "\n";
}

std::string VmTest::boots(const std::string& name, Clock::time_point asked,
                          const std::string& before) {
  const core::AgentHeartbeat* first = nullptr;
  const auto new_boot = [&] {
    bool past = before.empty();
    for (const auto& fact : facts) {
      const auto* beat = std::get_if<core::AgentHeartbeat>(&fact);
      if (beat == nullptr) continue;
      if (beat->boot_id == before) past = true;
      if (!past || beat->boot_id == before) continue;
      first = beat;
      return true;
    }
    return false;
  };
  if (!wait_for(new_boot, kBootLimit)) throw std::runtime_error(name + ": no heartbeat");
  const auto now = Clock::now();
  record(name + " to heartbeat, s", now - asked);
  record(name + " to the machine's start, s", machine->started() - asked);
  record(name + ": kernel to heartbeat, s", first->uptime);
  return first->boot_id;
}

void VmTest::settles() {
  must(run(io, machine->run("systemctl is-system-running --wait || true", kBootLimit),
           kBootLimit + 10s));
}

std::string VmTest::arming() {
  return said(
      "perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => shift) or die $!;"
      "print $s qq(arm eth0\\n); $s->flush; print <$s>' /run/ecokube-nic-arm.sock");
}

bool VmTest::can_suspend() const {
  bool can = false;
  for (const auto& fact : facts) {
    const auto* hello = std::get_if<core::AgentConnected>(&fact);
    const auto* beat = std::get_if<core::AgentHeartbeat>(&fact);
    if (hello != nullptr) can = hello->inventory.machine.can_suspend;
    if (beat != nullptr && beat->machine) can = beat->machine->can_suspend;
  }
  return can;
}

Result<void> VmTest::shut_down(core::SleepMode mode) {
  static std::int64_t attempt = 0;  // the disk remembers them
  ++attempt;
  const core::Step step{{"worker1", core::Verb::shutdown, 1, attempt},
                        core::ShutdownNode{seen<core::AgentHeartbeat>().back().sequence, {}, mode},
                        {"Idle", "nothing runs here"},
                        7};
  return run(io, server->shutdown(step), kDownLimit);
}

core::LeaveOrigin VmTest::origin(const std::string& boot_id) {
  std::optional<core::LeaveOrigin> found;
  const auto left = [&] {
    for (const auto& bye : seen<core::AgentGoodbye>()) {
      if (bye.boot_id == boot_id) found = bye.origin;
    }
    return found.has_value();
  };
  EXPECT_TRUE(wait_for(left)) << "no goodbye";
  return found.value_or(core::LeaveOrigin::unspecified);
}

bool VmTest::goes_off() { return run(io, machine->goes_off(kDownLimit), kDownLimit + 10s) == 0; }

bool VmTest::reaches(lab::VirtualMachine::Power power) {
  return run(io, machine->reaches_power(power, kDownLimit), kDownLimit + 10s);
}

void VmTest::record(const std::string& name, Clock::duration time) {
  RecordProperty(name, fmt::format("{:.2f}", std::chrono::duration<double>(time).count()));
}

void VmTest::send_packet(const MacAddress& mac) {
  const auto seen_before = machine->magic_packets_seen();
  const auto wake_on_lan = make_wake_on_lan(io.get_executor());
  core::WakeNode target;
  target.address = fmt::format("{}:9", lab::Wire::kBroadcast);
  target.macs = {mac.text()};
  must(run(io, wake_on_lan->wake(target, wake_on_lan->secure_on_of(target))));
  EXPECT_TRUE(wait_for([&] { return machine->magic_packets_seen() > seen_before; }))
      << "the packet is not on the wire";
}

Result<bool> VmTest::bmc_power() { return run(io, bmc_->read_power(kBmcCallLimit)); }

Result<void> VmTest::bmc_order(BmcVerb verb) { return run(io, bmc_->order(verb, kBmcCallLimit)); }

}  // namespace ecokube::test
