#include "lab/machine/power_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace ecokube::lab {

namespace {

constexpr int kBacklog = 16;
constexpr std::size_t kLineMax = 128;

/// A socket closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof(address.sun_path)) {
    return fail(Errc::config, fmt::format("{}: a socket's path has at most {} characters; use a "
                                          "shorter folder",
                                          text, sizeof(address.sun_path) - 1));
  }
  text.copy(address.sun_path, text.size());
  return address;
}

void limit_waiting(int fd, std::chrono::milliseconds limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(limit - seconds);
  const timeval time{.tv_sec = seconds.count(), .tv_usec = rest.count()};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

/// A line without its end; nullopt: the peer was silent, left or sent too much.
std::optional<std::string> read_line(int fd) {
  std::string line;
  std::array<char, kLineMax> piece{};
  while (line.size() < kLineMax) {
    const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got <= 0) return std::nullopt;
    line.append(piece.data(), static_cast<std::size_t>(got));
    if (const auto end = line.find('\n'); end != std::string::npos) return line.substr(0, end);
  }
  return std::nullopt;
}

bool write_line(int fd, std::string_view line) {
  const std::string text = std::string(line) + "\n";
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

}  // namespace

std::filesystem::path power_socket_path(const std::filesystem::path& machine) {
  return machine / "power.sock";
}

Result<int> listen_on_power_socket(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  ::unlink(path.c_str());
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* plain = reinterpret_cast<const sockaddr*>(&*address);
  if (listener.get() < 0 || ::bind(listener.get(), plain, sizeof *address) != 0 ||
      ::listen(listener.get(), kBacklog) != 0) {
    return fail(Errc::io, "listening on " + path.string() + ": " + std::strerror(errno));
  }
  return listener.release();
}

void serve_power_client(int listener, const PowerCommand& command) {
  // lab-power sends its word at once; nobody may hold the machine up for longer than this.
  constexpr std::chrono::milliseconds kLimit{200};
  const Descriptor client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (client.get() < 0) return;
  limit_waiting(client.get(), kLimit);
  if (const auto word = read_line(client.get())) write_line(client.get(), command(*word));
}

Result<std::string> ask_machine(const std::filesystem::path& machine, std::string_view word,
                                std::chrono::milliseconds limit) {
  const auto path = power_socket_path(machine);
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  limit_waiting(socket.get(), limit);
  const auto* plain = reinterpret_cast<const sockaddr*>(&*address);
  if (socket.get() < 0 || ::connect(socket.get(), plain, sizeof *address) != 0) {
    return fail(Errc::unreachable, fmt::format("connecting to {}: {}; is its lab-machine running?",
                                               path.string(), std::strerror(errno)));
  }
  if (!write_line(socket.get(), word)) {
    return fail(Errc::unreachable, "sending to " + path.string() + ": " + std::strerror(errno));
  }
  if (auto line = read_line(socket.get())) return std::move(*line);
  return fail(Errc::timeout,
              fmt::format("{}: no answer within {} ms", path.string(), limit.count()));
}

}  // namespace ecokube::lab
