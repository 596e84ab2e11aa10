#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/config_file.h"
#include "common/error.h"
#include "common/host_port.h"
#include "common/mac_address.h"
#include "lab/machine/power_machine.h"
#include "lab/machine/power_meter.h"

namespace ecokube::lab {

/// [[program]]: started when the machine has booted, as its init system would.
struct NodeProgram {
  std::string name;
  std::vector<std::string> argv;
  std::filesystem::path output;  ///< appended to
  bool restart = true;           ///< a second after it ended by itself
};

struct MachineConfig {
  std::string name;
  std::filesystem::path folder;     ///< sys/, proc/ and power.sock are made here
  std::filesystem::path truth_log;  ///< empty: none
  std::string log_level;
  HostPort wake;  ///< where it listens for magic packets
  MacAddress mac{{}};
  bool wake_armed = true;
  bool starts_on = true;
  MachineSettings settings;
  PowerModel power;
  std::uint64_t energy_range_uj = 0;
  std::vector<NodeProgram> programs;
};

/// All mistakes at once, with file, line and key.
[[nodiscard]] Result<MachineConfig> read_machine_config(const std::filesystem::path& file);
[[nodiscard]] Result<MachineConfig> parse_machine_config(ConfigFile file,
                                                         std::filesystem::path folder);

}  // namespace ecokube::lab
