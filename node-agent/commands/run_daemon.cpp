#include "node-agent/commands/run_daemon.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace ecokube::agent {

namespace fs = std::filesystem;

Result<int> run_daemon(const fs::path& config) {
  std::error_code error;
  const auto ours = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return fail(Errc::io, "cannot tell where this program lies: " + error.message());
  const fs::path beside = ours / "ecokube-agentd";
  const fs::path packaged = ours.parent_path() / "lib/ecokube-agent/ecokube-agentd";
  for (const auto& daemon : {beside, packaged}) {
    ::execl(daemon.c_str(), daemon.c_str(), config.c_str(), nullptr);
    if (errno == ENOENT) continue;
    return fail(Errc::io, "cannot run " + daemon.string() + ": " + std::strerror(errno));
  }
  return fail(Errc::not_found, "ecokube-agentd is neither in " + ours.string() + " nor at " +
                                   packaged.string() + ": install the package anew");
}

}  // namespace ecokube::agent
