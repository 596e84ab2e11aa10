#include "lab/machine/programs.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/log.h"

namespace ecokube::lab {

namespace {

constexpr Duration kRestartPause = std::chrono::seconds(1);
constexpr int kCannotStart = 127;  // as a shell says it

/// In the child, between fork and exec.
[[noreturn]] void become(const NodeProgram& program, const std::vector<char*>& argv, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kCannotStart);  // it died before the line above
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  constexpr mode_t kMode = 0644;
  const int out = ::open(program.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, kMode);
  if (out >= 0) {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (out > STDERR_FILENO) ::close(out);
  }
  const int in = ::open("/dev/null", O_RDONLY);
  if (in > STDERR_FILENO) {
    ::dup2(in, STDIN_FILENO);
    ::close(in);
  }
  ::execvp(argv[0], argv.data());
  ::dprintf(STDERR_FILENO, "starting %s: %s\n", argv[0], std::strerror(errno));
  ::_exit(kCannotStart);
}

}  // namespace

void Programs::start_all() {
  wanted_ = true;
  for (std::size_t i = 0; i < programs_.size(); ++i) start(i);
}

void Programs::start(std::size_t index) {
  NodeProgram& program = programs_[index];
  std::vector<char*> argv;
  for (std::string& word : program.argv) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(program, argv, parent);
  if (pid < 0) {
    log::error("starting program={}: {}", program.name, std::strerror(errno));
    return;
  }
  running_.emplace(pid, index);
  log::info("started program={} pid={}", program.name, pid);
}

void Programs::ask_to_end() {
  wanted_ = false;
  restarts_.clear();
  for (const auto& [pid, index] : running_) ::kill(-pid, SIGTERM);
}

void Programs::forget() {
  wanted_ = false;
  restarts_.clear();
  running_.clear();
}

void Programs::ended(pid_t pid, int status, TimePoint now) {
  const auto found = running_.find(pid);
  if (found == running_.end()) return;
  const std::size_t index = found->second;
  running_.erase(found);
  const NodeProgram& program = programs_[index];
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (!wanted_) {
    log::info("ended program={} exit_code={}", program.name, code);
    return;
  }
  log::warn("ended by itself program={} exit_code={} output={}", program.name, code,
            program.output.string());
  if (program.restart) restarts_.emplace(index, now + kRestartPause);
}

void Programs::tick(TimePoint now) {
  for (auto it = restarts_.begin(); it != restarts_.end();) {
    if (it->second > now) {
      ++it;
      continue;
    }
    const std::size_t index = it->first;
    it = restarts_.erase(it);
    start(index);
  }
}

}  // namespace ecokube::lab
