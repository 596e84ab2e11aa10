#pragma once

#include <string>

#include "common/error.h"
#include "lab/demo/lab_layout.h"

namespace ecokube::lab {

/// Makes the lab's folder anew: certificates, the double's tokens and kubeconfigs, and the
/// configuration of each machine, of its agent and kubelet. What an earlier run left in it is
/// removed; a folder that is not a lab's is refused.
[[nodiscard]] Result<void> set_up_lab(const LabLayout& lab, const RunParameters& run);

/// Once the broker has told its address.
[[nodiscard]] Result<void> write_coordinator_config(const LabLayout& lab, const RunParameters& run,
                                                    const std::string& bootstrap);

[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file);
[[nodiscard]] Result<void> write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace ecokube::lab
