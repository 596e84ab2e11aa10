#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <system_error>

#include "common/whole_file.h"
#include "node-agent/commands/check_findings.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

bool is_entry(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(file, ignored));
}

bool is_program(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

bool is_found(const std::string& program) {
  if (program.find('/') != std::string::npos) return is_program(program);
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (is_program(fs::path(folder) / program)) return true;
  }
  return false;
}

Finding check_state(const fs::path& folder) {
  if (!is_entry(folder)) {
    return warning("the state folder " + folder.string() + " does not exist yet",
                   "the agent makes it when it starts, if it may");
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    return problem("the state folder " + folder.string() +
                       " can't be written: every shutdown would be refused",
                   "give it to the agent's user");
  }
  return fine("the state folder " + folder.string() + " can be written");
}

Finding check_hooks(const fs::path& folder) {
  std::error_code error;
  std::string wrong;
  std::size_t count = 0;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    ++count;
    if (!is_program(it->path())) wrong = it->path().string();
  }
  if (!wrong.empty()) {
    return problem("the hook " + wrong + " is no executable file: every shutdown is refused",
                   "chmod +x, or take it out of the folder");
  }
  return fine(std::to_string(count) + " hooks run before power-off");
}

// Without a command of its own the agent asks logind.
Finding check_action(const std::vector<std::string>& action) {
  if (!action.empty()) {
    return is_found(action.front())
               ? fine("power-off is done by " + action.front())
               : problem("the program " + action.front() + " for power-off is not there",
                         "install it, or name another as action in [shutdown]");
  }
  return is_entry("/run/systemd/system")
             ? fine("power-off goes through logind")
             : problem("systemd does not run here, so logind can't power the machine off",
                       "name a command as action in [shutdown]");
}

/// The kernel's words for what a machine can (sysfs-power, "state").
Finding check_abilities(const fs::path& sysfs) {
  bool suspends = false, hibernates = false;
  const auto text = read_whole_file(sysfs / "power/state");
  std::istringstream states(text ? *text : "");
  for (std::string word; states >> word;) {
    suspends = suspends || word == "mem" || word == "freeze";
    hibernates = hibernates || word == "disk";
  }
  const auto can = [](bool so) { return so ? std::string("it can ") : std::string("it cannot "); };
  return fine(can(suspends) + "suspend, and " + can(hibernates) + "hibernate (/sys/power/state)");
}

}  // namespace

std::vector<Finding> check_sleeping(const Config& config) {
  std::vector<Finding> findings;
  if (is_entry(config.hold_file)) {
    findings.push_back(
        problem("the hold file " + config.hold_file.string() + " exists: every shutdown is refused",
                "remove it when the machine may sleep"));
  }
  findings.push_back(check_state(config.state_dir));
  findings.push_back(check_hooks(config.hooks_dir));
  findings.push_back(check_action(config.action));
  findings.push_back(check_abilities(config.roots.sysfs));
  return findings;
}

}  // namespace ecokube::agent
