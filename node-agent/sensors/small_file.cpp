#include "node-agent/sensors/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "common/trimmed.h"

namespace ecokube::agent {

SmallFile read_small_file(const char* file) {
  constexpr std::size_t kBytesMax = 64UL * 1024;
  SmallFile result;
  const int fd = ::open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    result.error = errno;
    return result;
  }
  std::array<char, 4096> page;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  while (result.text.size() < kBytesMax) {
    const auto count = ::read(fd, page.data(), page.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) result.error = errno;
    if (count <= 0) break;
    result.text.append(page.data(), static_cast<std::size_t>(count));
  }
  ::close(fd);
  result.text = std::string(trimmed(result.text));
  return result;
}

int write_small_file(const std::filesystem::path& file, std::string_view text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_TRUNC);
  if (fd < 0) return errno;
  const auto written = ::write(fd, text.data(), text.size());
  const int error = written < 0 ? errno : 0;
  ::close(fd);
  return error;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || text.empty()) return std::nullopt;
  return value;
}

}  // namespace ecokube::agent
