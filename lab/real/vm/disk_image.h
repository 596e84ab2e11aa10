#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// Makes the folder `tree`, a Debian, one that boots as a VirtualMachine: with the modules of
/// `kernel` (made by ./dev setup --real), its shell for tests, `subnet` ("192.168.77.11/24") on its
/// card, and without what only costs time in an emulator.
[[nodiscard]] Result<void> prepare_tree(const std::filesystem::path& tree,
                                        const std::filesystem::path& kernel,
                                        const std::string& subnet);

/// As a disk.
[[nodiscard]] Result<void> make_image(const std::filesystem::path& tree,
                                      const std::filesystem::path& image);

}  // namespace ecokube::lab
