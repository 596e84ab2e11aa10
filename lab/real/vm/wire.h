#pragma once

#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// A switch with our own card on it, in a network namespace of our own, so that broadcasts reach
/// no other network. It is gone with the last process in it.
struct Wire {
  static constexpr const char* kSwitch = "switch0";
  static constexpr const char* kOurAddress = "192.168.77.1";
  static constexpr const char* kBroadcast = "192.168.77.255";
  static constexpr const char* kMachineSubnet = "192.168.77.11/24";
};

/// This thread, and what it starts from now on, is in that namespace. Needs root.
[[nodiscard]] Result<void> enter_wire();

/// Where QEMU plugs a machine in: a tap device of this name.
[[nodiscard]] Result<void> add_machine_port(const std::string& tap);

/// A socket that gets each frame on the switch. The descriptor is the caller's.
[[nodiscard]] Result<int> listen_on_switch();

}  // namespace ecokube::lab
