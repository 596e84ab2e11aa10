#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// Writes the program by which a simulated BMC drives the power of the lab machine in `machine`,
/// and returns its command: off is a cut of the power, soft the orderly way down. While a file
/// `hang` is in its folder, it takes orders and does not answer. What it took is in `orders` there,
/// a line each, what it has carried out in `done`.
[[nodiscard]] Result<std::string> write_machine_chassis(const std::filesystem::path& folder,
                                                        const std::filesystem::path& lab_power,
                                                        const std::filesystem::path& machine);

}  // namespace ecokube::lab
