#include "node-agent/shutdown/cgroup_tree.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;
constexpr int kDepthMax = 32;

// A cgroup is a folder that may go away at any time: ENOENT on the way in, ENODEV on a file of one
// that goes.
bool has_gone(int error) { return error == ENOENT || error == ENODEV; }

std::unexpected<Error> cannot_see(const fs::path& what, const std::string& why) {
  return fail(Errc::io, "cannot look at " + what.string() + ": " + why);
}

class Walk {
 public:
  explicit Walk(const std::function<Result<bool>(const Cgroup&)>& visit) : visit_(visit) {}

  Result<void> below(const fs::path& folder, const std::string& path, int depth) {
    if (depth > kDepthMax) return cannot_see(folder, "more than 32 cgroups deep");
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (const fs::directory_iterator end; !error && entries != end; entries.increment(error)) {
      std::error_code unknown;
      if (entries->symlink_status(unknown).type() != fs::file_type::directory) continue;
      if (++seen_ > kCgroupsMax) {
        return cannot_see(folder, "more than " + std::to_string(kCgroupsMax) + " cgroups");
      }
      const std::string name = entries->path().filename();
      const Cgroup cgroup{entries->path(), path + "/" + name, name};
      const auto deeper = visit_(cgroup);
      if (!deeper) return std::unexpected(deeper.error());
      if (!*deeper) continue;
      if (auto done = below(cgroup.folder, cgroup.path, depth + 1); !done) return done;
    }
    if (error && (depth == 0 || !has_gone(error.value()))) {
      return cannot_see(folder, error.message());
    }
    return {};
  }

 private:
  const std::function<Result<bool>(const Cgroup&)>& visit_;
  int seen_ = 0;
};

Result<bool> has_processes(const fs::path& folder) {
  const auto processes = read_small_file(folder / "cgroup.procs");
  if (has_gone(processes.error)) return false;
  if (!processes.ok()) return cannot_see(folder / "cgroup.procs", std::strerror(processes.error));
  return !processes.text.empty();
}

}  // namespace

Result<void> walk_cgroups(const fs::path& root,
                          const std::function<Result<bool>(const Cgroup&)>& visit) {
  return Walk(visit).below(root, "", 0);
}

Result<bool> is_populated(const fs::path& folder) {
  const auto events = read_small_file(folder / "cgroup.events");
  if (events.ok()) {
    // The kernel writes "populated 0" or "populated 1"; whatever else it might be counts as life.
    return events.text.find("populated 0") == std::string::npos;
  }
  if (!has_gone(events.error)) {
    return cannot_see(folder / "cgroup.events", std::strerror(events.error));
  }
  auto found = has_processes(folder);
  if (!found || *found) return found;
  const auto visit = [&](const Cgroup& cgroup) -> Result<bool> {
    if (!*found) found = has_processes(cgroup.folder);
    if (!found) return std::unexpected(found.error());
    return !*found;
  };
  std::error_code error;
  if (!fs::exists(folder, error)) return false;
  if (auto walked = walk_cgroups(folder, visit); !walked) return std::unexpected(walked.error());
  return found;
}

}  // namespace ecokube::agent
