#pragma once

#include <filesystem>

#include "common/error.h"
#include "node-agent/shutdown/guard.h"

namespace ecokube::agent {

/// The guard's memory in `<state_dir>/shutdown-guard`. No file: the empty memory.
[[nodiscard]] Result<GuardMemory> load_guard_memory(const std::filesystem::path& state_dir);

/// On disk (fsync of file and folder) when it returns; the old file stays whole until then.
[[nodiscard]] Result<void> save_guard_memory(const std::filesystem::path& state_dir,
                                             const GuardMemory& memory);

}  // namespace ecokube::agent
