#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ecokube::test {

/// A helper's real program on a connection, as systemd starts it with Accept=yes.
class HelperProcess {
 public:
  /// `uid` is the peer's; only root can be another.
  explicit HelperProcess(const char* program, uid_t uid = ::getuid())
      : HelperProcess({program}, {}, uid) {}
  /// `environment` is all that it has, "PATH=/bin".
  HelperProcess(std::vector<std::string> words, std::vector<std::string> environment,
                uid_t uid = ::getuid()) {
    std::array<int, 2> ends{};
    // The peer's credentials are taken when the pair is made.
    if (::seteuid(uid) != 0) throw std::runtime_error("seteuid");
    const int made = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
    if (::seteuid(::getuid()) != 0 || made != 0) throw std::runtime_error("socketpair");
    connection_ = ends[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const auto argv = pointers(words), envp = pointers(environment);
    const int error =
        ::posix_spawn(&pid_, words[0].c_str(), &actions, nullptr, argv.data(), envp.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (error != 0) throw std::runtime_error("cannot start " + words[0]);
  }
  ~HelperProcess() {
    ::close(connection_);
    if (pid_ > 0) end();
  }
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  void write(std::string_view text) const {
    ::send(connection_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  void hang_up() const { ::shutdown(connection_, SHUT_WR); }
  /// All that it says until it ends.
  [[nodiscard]] std::string read() const {
    std::string text;
    std::array<char, 1024> bytes{};
    for (;;) {
      const auto got = ::recv(connection_, bytes.data(), bytes.size(), 0);
      if (got <= 0) return text;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  /// Its exit code.
  int end() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> found;
    for (auto& text : texts) found.push_back(text.data());
    found.push_back(nullptr);
    return found;
  }

  int connection_ = -1;
  pid_t pid_ = -1;
};

}  // namespace ecokube::test
