#pragma once

#include <memory>

#include "common/error.h"
#include "lab/machine/machine_config.h"

namespace ecokube::lab {

/// One bare-metal machine as a process: wake port, power socket, sysfs and procfs tree, power
/// meter, and the node's programs as its descendants.
class MachineProcess {
 public:
  virtual ~MachineProcess() = default;
  /// Runs until SIGTERM or SIGINT; then everything below it is killed.
  [[nodiscard]] virtual Result<void> run() = 0;
};

[[nodiscard]] std::unique_ptr<MachineProcess> make_machine_process(MachineConfig config);

}  // namespace ecokube::lab
