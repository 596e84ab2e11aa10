#include "bench/agent/memory_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace ecokube::bench {

Result<MemoryFolder> MemoryFolder::make() {
  std::string name = "/dev/shm/ecokube-bench-XXXXXX";
  if (::mkdtemp(name.data()) != nullptr) return MemoryFolder(std::move(name));
  return fail(Errc::io, "can't make a folder in /dev/shm, where a tmpfs should be: " +
                            std::system_category().message(errno));
}

MemoryFolder::MemoryFolder(MemoryFolder&& other) noexcept
    : path_(std::exchange(other.path_, std::filesystem::path())) {}

MemoryFolder::~MemoryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace ecokube::bench
