#include "lab/machine/descendants.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/boot_clock.h"

namespace ecokube::lab {

namespace {

std::string read_whole(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();  // of a process that ends meanwhile nothing can be read: that sets a bit here
  return std::move(text).str();
}

/// Parent of a live process, from "pid (any text) state ppid ..."; nullopt: gone or a zombie.
std::optional<pid_t> parent_of(const std::filesystem::path& process) {
  const std::string stat = read_whole(process / "stat");
  const auto name_end = stat.rfind(')');
  constexpr std::size_t kToParent = 4;  // ") S 123"
  if (name_end == std::string::npos || name_end + kToParent >= stat.size()) return std::nullopt;
  const char state = stat[name_end + 2];
  if (state == 'Z' || state == 'X') return std::nullopt;
  pid_t parent = 0;
  std::from_chars(stat.data() + name_end + kToParent, stat.data() + stat.size(), parent);
  return parent;
}

std::optional<std::string_view> variable(std::string_view environment, std::string_view name) {
  while (!environment.empty()) {
    const auto end = environment.find('\0');
    const std::string_view entry = environment.substr(0, end);
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
    if (end == std::string_view::npos) break;
    environment.remove_prefix(end + 1);
  }
  return std::nullopt;
}

void reap() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
}

}  // namespace

std::vector<pid_t> descendants() {
  std::unordered_map<pid_t, std::vector<pid_t>> children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc{} || end != name.data() + name.size()) continue;
    if (const auto parent = parent_of(entry.path())) children[*parent].push_back(pid);
  }
  std::vector<pid_t> found = children[::getpid()];
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto below = children.find(found[i]);
    if (below != children.end()) {
      found.insert(found.end(), below->second.begin(), below->second.end());
    }
  }
  return found;
}

std::map<std::string, std::int64_t> pods_alive() {
  std::map<std::string, std::int64_t> pods;
  for (const pid_t pid : descendants()) {
    const std::string environment =
        read_whole(std::filesystem::path("/proc") / std::to_string(pid) / "environ");
    const auto uid = variable(environment, "ECOKUBE_LAB_POD");
    if (!uid) continue;
    std::int64_t millicores = 0;
    if (const auto text = variable(environment, "ECOKUBE_LAB_POD_CPU_MILLICORES")) {
      std::from_chars(text->data(), text->data() + text->size(), millicores);
    }
    pods.try_emplace(std::string(*uid), millicores);
  }
  return pods;
}

bool kill_all_below(std::chrono::milliseconds limit) {
  constexpr int kPauseMs = 2;
  const auto until = boottime_now() + limit;
  while (true) {
    const auto alive = descendants();
    for (const pid_t pid : alive) ::kill(pid, SIGKILL);
    reap();
    if (alive.empty()) return true;
    if (boottime_now() > until) return false;
    ::poll(nullptr, 0, kPauseMs);
  }
}

}  // namespace ecokube::lab
