#include "node-agent/sensors/folder_entries.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ecokube::agent {
namespace {

/// Some file systems do not say in the listing what an entry is.
bool is_folder(int parent, const dirent64& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat facts{};
  return ::fstatat(parent, entry.d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(facts.st_mode);
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the buffer is filled by fill()
FolderEntries::FolderEntries(const char* folder)
    : folder_(::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (folder_ < 0) error_ = errno;
}

FolderEntries::~FolderEntries() {
  if (folder_ >= 0) ::close(folder_);
}

bool FolderEntries::fill() {
  if (folder_ < 0) return false;
  const auto filled = ::getdents64(folder_, buffer_.data(), buffer_.size());
  if (filled < 0) error_ = errno;
  at_ = 0;
  filled_ = filled > 0 ? static_cast<std::size_t>(filled) : 0;
  return filled_ > 0;
}

std::optional<FolderEntries::Entry> FolderEntries::next() {
  while (at_ < filled_ || fill()) {
    const auto& entry = *reinterpret_cast<const dirent64*>(buffer_.data() + at_);
    at_ += entry.d_reclen;
    const std::string_view name = entry.d_name;
    if (name != "." && name != "..") return Entry{name, is_folder(folder_, entry)};
  }
  return std::nullopt;
}

}  // namespace ecokube::agent
