#include "node-agent/shutdown/local_work.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "node-agent/shutdown/cgroup_tree.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

const std::string* pattern_for(const std::vector<std::string>& units, const Cgroup& cgroup) {
  for (const auto& unit : units) {
    const auto& what = unit.starts_with('/') ? cgroup.path : cgroup.name;
    if (::fnmatch(unit.c_str(), what.c_str(), 0) == 0) return &unit;
  }
  return nullptr;
}

std::string living_unit(const std::vector<std::string>& units, const fs::path& cgroup_root) {
  if (units.empty()) return {};
  std::string living;
  const auto visit = [&](const Cgroup& cgroup) -> Result<bool> {
    if (!living.empty()) return false;
    if (pattern_for(units, cgroup) == nullptr) return true;
    const auto alive = is_populated(cgroup.folder);
    if (!alive) return std::unexpected(alive.error());
    if (*alive) living = "unit " + cgroup.name + " is running";
    return !*alive;
  };
  const auto walked = walk_cgroups(cgroup_root, visit);
  return walked ? living : walked.error().message;
}

// proc(5), mountinfo: the fifth field is the mount point, with blanks and backslashes as octal.
std::string mount_point(std::string_view line) {
  constexpr int kField = 5;
  for (int field = 1; field < kField; ++field) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return {};
    line.remove_prefix(blank + 1);
  }
  line = line.substr(0, line.find(' '));
  std::string point;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\' || line.size() - i < 4) {
      point += line[i];
      continue;
    }
    point +=
        static_cast<char>((line[i + 1] - '0') * 64 + (line[i + 2] - '0') * 8 + line[i + 3] - '0');
    i += 3;
  }
  return point;
}

std::string living_mount(const std::vector<fs::path>& mounts, const fs::path& procfs_root) {
  if (mounts.empty()) return {};
  const auto file = procfs_root / "self/mountinfo";
  std::ifstream in(file);
  std::string line;
  std::size_t lines = 0;
  while (std::getline(in, line)) {
    ++lines;
    const auto point = mount_point(line);
    for (const auto& mount : mounts) {
      if (point == mount.lexically_normal()) return "something is mounted at " + point;
    }
  }
  // A system has a root at least: an empty table was not read.
  return lines > 0 ? "" : "cannot read " + file.string();
}

// /proc/locks says "1: FLOCK  ADVISORY  WRITE 812 08:01:131 0 EOF". Only the inode is compared: the
// device of some file systems (btrfs) is another one in stat(2).
bool is_locked(std::istream& locks, ino_t inode) {
  std::string line;
  while (std::getline(locks, line)) {
    std::istringstream fields(line);
    std::string field;
    while (fields >> field) {
      const auto colon = field.rfind(':');
      if (colon == std::string::npos || field.find(':') == colon) continue;
      if (field.substr(colon + 1) == std::to_string(inode)) return true;
    }
  }
  return false;
}

std::string held_lock(const std::vector<fs::path>& locks, const fs::path& procfs_root) {
  for (const auto& file : locks) {
    struct stat facts{};
    if (::stat(file.c_str(), &facts) != 0) {
      if (errno == ENOENT) continue;
      return "cannot look at the lock " + file.string() + ": " + std::strerror(errno);
    }
    std::ifstream held(procfs_root / "locks");
    if (!held) return "cannot read " + (procfs_root / "locks").string();
    if (is_locked(held, facts.st_ino)) return "somebody holds the lock " + file.string();
  }
  return {};
}

}  // namespace

std::string local_work(const KeepOn& keep_on, const fs::path& cgroup_root,
                       const fs::path& procfs_root) {
  if (auto unit = living_unit(keep_on.units, cgroup_root); !unit.empty()) return unit;
  if (auto mount = living_mount(keep_on.mounts, procfs_root); !mount.empty()) return mount;
  return held_lock(keep_on.locks, procfs_root);
}

}  // namespace ecokube::agent
