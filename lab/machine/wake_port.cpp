#include "lab/machine/wake_port.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ecokube::lab {

Result<int> bind_wake_port(const HostPort& where) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(where.port);
  if (::inet_pton(AF_INET, where.host.c_str(), &address.sin_addr) != 1) {
    return fail(Errc::config, "wake.address: '" + where.host + "' is no IPv4 address");
  }
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, plain, sizeof address) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return fail(Errc::io, fmt::format("binding the wake port {}/udp: {}; is another lab running?",
                                      where.text(), std::strerror(error)));
  }
  return fd;
}

}  // namespace ecokube::lab
