#include "common/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/asio_tuple.h"

extern char** environ;

namespace ecokube {
namespace {

namespace asio = boost::asio;
constexpr int kExecFailed = 127;
constexpr int kSignalBase = 128;

/// argv or envp for exec, pointing into strings that outlive it.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> merged_environment(const ChildOptions& options) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    bool replaced = false;
    for (const auto& [name, value] : options.environment) {
      replaced = replaced || (text.starts_with(name) && text.substr(name.size()).starts_with('='));
    }
    if (!replaced) out.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) out.push_back(name + "=" + value);
  return out;
}

/// A file descriptor that is closed at the end of its scope; -1: none.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// What the child gets, all made before the fork: after it only async-signal-safe calls are
/// allowed.
struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> envp;
  const char* directory;
  int output_fd;
  bool no_input;
  bool die_with_parent;
  pid_t parent;
  int failure_fd;
};

[[noreturn]] void exec_in_child(const Prepared& child) {
  const auto give_up = [&] {
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(child.failure_fd, &error, sizeof error);
    ::_exit(kExecFailed);
  };
  ::setpgid(0, 0);
  if (child.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != child.parent) ::_exit(kExecFailed);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  // Asio's sockets are not close-on-exec: a child must not keep our ports and links open.
  constexpr unsigned kFirst = STDERR_FILENO + 1;
  ::close_range(kFirst, ~0U, CLOSE_RANGE_CLOEXEC);
  if (child.directory != nullptr && ::chdir(child.directory) != 0) give_up();
  if (child.no_input) {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0) give_up();
  }
  if (child.output_fd >= 0) {
    if (::dup2(child.output_fd, STDOUT_FILENO) < 0) give_up();
    if (::dup2(child.output_fd, STDERR_FILENO) < 0) give_up();
  }
  ::execvpe(child.argv[0], child.argv.data(), child.envp.data());
  give_up();
  ::_exit(kExecFailed);
}

int exit_status(int status) {
  return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
}

class PidfdChild final : public ChildProcess {
 public:
  PidfdChild(const asio::any_io_executor& executor, pid_t pid, int pidfd, Descriptor output)
      : pid_(pid), pidfd_(executor, pidfd), output_(std::move(output)) {}
  PidfdChild(const PidfdChild&) = delete;
  PidfdChild& operator=(const PidfdChild&) = delete;
  ~PidfdChild() override {
    if (!running()) return;
    signal_group(SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  pid_t pid() const override { return pid_; }

  bool running() override {
    if (status_) return false;
    int status = 0;
    const auto ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) status_ = exit_status(status);
    // It is gone, and somebody else took its status.
    if (ended < 0 && errno == ECHILD) status_ = kSignalBase + SIGKILL;
    return !status_;
  }

  void signal_group(int signal) override {
    if (running()) ::kill(-pid_, signal);
  }

  asio::awaitable<std::optional<int>> wait(
      std::optional<std::chrono::milliseconds> limit) override {
    using namespace asio::experimental::awaitable_operators;
    const auto readable = asio::posix::stream_descriptor::wait_read;
    asio::steady_timer timer(pidfd_.get_executor());
    if (limit) timer.expires_after(*limit);
    // Readable is not yet ended: Asio may give the pidfd the state of a descriptor that was just
    // closed, and tells it that one's events.
    while (running()) {
      if (!limit) {
        const auto [failed] = co_await pidfd_.async_wait(readable, kTuple);
        if (failed) break;
        continue;
      }
      const auto ended = co_await (pidfd_.async_wait(readable, kTuple) || timer.async_wait(kTuple));
      if (ended.index() == 1 || std::get<0>(std::get<0>(ended))) break;
    }
    running();
    co_return status_;
  }

  std::string output() const override {
    struct stat facts{};
    if (output_.get() < 0 || ::fstat(output_.get(), &facts) != 0) return {};
    std::string text(static_cast<std::size_t>(facts.st_size), '\0');
    const auto got = ::pread(output_.get(), text.data(), text.size(), 0);
    // The file has its full size from the start, so that the child can't make it larger.
    text.resize(got < 0 ? 0 : std::min(text.find('\0'), text.size()));
    return text;
  }

 private:
  pid_t pid_;
  asio::posix::stream_descriptor pidfd_;
  Descriptor output_;
  std::optional<int> status_;
};

/// Reads the child's errno of a failed exec; nothing when the pipe was closed by a good one.
std::optional<int> exec_error(int fd) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(fd, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? std::optional(error) : std::nullopt;
}

Result<pid_t> fork_and_exec(const ChildOptions& options, int output_fd) {
  int failure[2];
  if (::pipe2(failure, O_CLOEXEC) != 0) {
    return fail(Errc::io, std::string("pipe: ") + std::strerror(errno));
  }
  auto argv = options.argv;
  auto environment = merged_environment(options);
  const std::string directory = options.working_directory.string();
  const Prepared prepared{pointers(argv),
                          pointers(environment),
                          directory.empty() ? nullptr : directory.c_str(),
                          output_fd,
                          options.no_input,
                          options.die_with_parent,
                          ::getpid(),
                          failure[1]};
  const pid_t pid = ::fork();
  if (pid == 0) exec_in_child(prepared);
  const int fork_errno = errno;
  ::close(failure[1]);
  if (pid < 0) {
    ::close(failure[0]);
    return fail(Errc::io, std::string("fork: ") + std::strerror(fork_errno));
  }
  const auto error = exec_error(failure[0]);
  ::close(failure[0]);
  if (error) {
    ::waitpid(pid, nullptr, 0);
    return fail(Errc::io, "starting " + options.argv[0] + ": " + std::strerror(*error));
  }
  return pid;
}

Result<Descriptor> open_output(const ChildOptions& options) {
  const auto failed = [&](const std::string& what) {
    return fail(Errc::io,
                what + " for the output of " + options.argv[0] + ": " + std::strerror(errno));
  };
  if (options.output_bytes_max > 0) {
    Descriptor memory(::memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (memory.get() < 0 ||
        ::ftruncate(memory.get(), static_cast<off_t>(options.output_bytes_max)) != 0 ||
        ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0) {
      return failed("memory");
    }
    return memory;
  }
  if (options.output_file.empty()) return Descriptor();
  constexpr mode_t kMode = 0644;
  Descriptor file(
      ::open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode));
  if (file.get() < 0) return failed("opening " + options.output_file.string());
  return file;
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> start_child(const asio::any_io_executor& executor,
                                                  const ChildOptions& options) {
  if (options.argv.empty()) return fail(Errc::invalid, "a child process needs a program to run");
  auto output = open_output(options);
  if (!output) return std::unexpected(output.error());
  const auto pid = fork_and_exec(options, output->get());
  if (!pid) return std::unexpected(pid.error());
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0));
  if (pidfd < 0) {
    const int error = errno;
    ::kill(-*pid, SIGKILL);
    ::waitpid(*pid, nullptr, 0);
    return fail(Errc::io, std::string("pidfd_open: ") + std::strerror(error));
  }
  return std::make_unique<PidfdChild>(executor, *pid, pidfd, std::move(*output));
}

asio::awaitable<std::optional<int>> wait_or_kill(ChildProcess& child,
                                                 std::chrono::milliseconds limit) {
  const auto status = co_await child.wait(limit);
  if (status) co_return status;
  child.signal_group(SIGKILL);
  co_await child.wait(std::nullopt);
  co_return std::nullopt;
}

asio::awaitable<int> terminate(ChildProcess& child, std::chrono::milliseconds grace) {
  child.signal_group(SIGTERM);
  auto status = co_await child.wait(grace);
  if (!status) {
    child.signal_group(SIGKILL);
    status = co_await child.wait(std::nullopt);
  }
  co_return status.value_or(kSignalBase + SIGKILL);
}

}  // namespace ecokube
