#include "common/bounded_run.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "common/input_wait.h"

namespace ecokube {
namespace {

using RunClock = std::chrono::steady_clock;

class Pipe {
 public:
  Pipe() : made_(::pipe2(ends_.data(), O_CLOEXEC) == 0) {}
  ~Pipe() {
    close_input();
    if (made_) ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] int output() const { return ends_[0]; }
  [[nodiscard]] int input() const { return ends_[1]; }
  void close_input() {
    if (made_ && ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool made_;
};

/// errno; 0: it runs, in a process group of its own.
int start(const std::vector<std::string>& argv, int output, pid_t& pid) {
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int error =
      ::posix_spawnp(&pid, words.front(), &actions, &attributes, words.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// All that is written until the last writer has closed its end.
Result<std::string> read_all(int from, RunClock::time_point until, std::size_t bytes_max) {
  std::string text;
  for (;;) {
    if (!wait_for_input(from, until)) return fail(Errc::timeout, "it did not end in time");
    std::array<char, 4096> bytes{};
    const auto got = ::read(from, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(got));
    if (text.size() > bytes_max) return fail(Errc::too_large, "it prints too much");
  }
}

/// The child has closed its output: it ends now, or is killed.
int reap(pid_t pid, RunClock::time_point until) {
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (RunClock::now() >= until) ::kill(-pid, SIGKILL);
    ::poll(nullptr, 0, 1);
  }
  constexpr int kSignalled = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
}

}  // namespace

Result<Ran> run_bounded(const std::vector<std::string>& argv, std::chrono::milliseconds limit,
                        std::size_t bytes_max) {
  const auto until = RunClock::now() + limit;
  Pipe pipe;
  if (!pipe.made()) return fail(Errc::io, std::string("no pipe: ") + std::strerror(errno));
  pid_t pid = -1;
  if (const int error = start(argv, pipe.input(), pid); error != 0) {
    return fail(error == ENOENT ? Errc::not_found : Errc::io, std::strerror(error));
  }
  pipe.close_input();
  auto output = read_all(pipe.output(), until, bytes_max);
  if (!output) {
    ::kill(-pid, SIGKILL);
    (void)reap(pid, until);
    return std::unexpected(std::move(output.error()));
  }
  const int status = reap(pid, until);
  return Ran{std::move(*output), status};
}

}  // namespace ecokube
