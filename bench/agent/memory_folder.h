#pragma once

#include <filesystem>
#include <utility>

#include "common/error.h"

namespace ecokube::bench {

/// A folder in memory, of its owner alone, that goes with the object: as sysfs and procfs it has no
/// disk behind it, and nobody writes down when it was read.
class MemoryFolder {
 public:
  [[nodiscard]] static Result<MemoryFolder> make();
  MemoryFolder(MemoryFolder&& other) noexcept;
  MemoryFolder& operator=(MemoryFolder&&) = delete;
  ~MemoryFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit MemoryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;  ///< empty: moved from
};

}  // namespace ecokube::bench
