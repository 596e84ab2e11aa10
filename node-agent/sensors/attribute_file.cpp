#include "node-agent/sensors/attribute_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/trimmed.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {

AttributeFile::AttributeFile(AttributeFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

AttributeFile& AttributeFile::operator=(AttributeFile&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

int AttributeFile::open(const char* path) {
  close();
  fd_ = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  return fd_ < 0 ? errno : 0;
}

void AttributeFile::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

AttributeFile::Text AttributeFile::read(char* buffer, std::size_t size) const {
  if (fd_ < 0) return {{}, EBADF};
  ssize_t count = 0;
  do {
    count = ::pread(fd_, buffer, size, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return {{}, errno};
  return {trimmed({buffer, static_cast<std::size_t>(count)}), 0};
}

AttributeFile::Number AttributeFile::read_number() const {
  std::array<char, 64> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read()
  const auto [text, error] = read(buffer.data(), buffer.size());
  if (error != 0) return {0, error};
  const auto number = parse_number(text);
  return number ? Number{*number, 0} : Number{0, EINVAL};
}

bool attribute_gone(int error) { return error == ENOENT || error == ENODEV || error == ENXIO; }

}  // namespace ecokube::agent
