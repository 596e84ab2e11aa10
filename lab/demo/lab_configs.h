#pragma once

#include "common/error.h"
#include "lab/demo/lab_layout.h"

namespace ecokube::lab {

[[nodiscard]] Result<void> write_agent_config(const LabLayout& lab, const LabNode& node);
/// With the node's programs: its agent and its kubelet.
[[nodiscard]] Result<void> write_machine_config(const LabLayout& lab, const LabNode& node,
                                                const RunParameters& run);

}  // namespace ecokube::lab
