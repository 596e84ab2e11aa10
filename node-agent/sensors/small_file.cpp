#include "node-agent/sensors/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace ecokube::agent {

SmallFile read_small_file(const std::filesystem::path& file) {
  constexpr std::size_t kBytesMax = 64UL * 1024;
  SmallFile result;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    result.error = errno;
    return result;
  }
  result.text.resize(kBytesMax);
  std::size_t filled = 0;
  while (filled < kBytesMax) {
    const auto n = ::read(fd, result.text.data() + filled, kBytesMax - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) result.error = errno;
    if (n <= 0) break;
    filled += static_cast<std::size_t>(n);
  }
  ::close(fd);
  result.text.resize(filled);
  constexpr std::string_view kBlanks = " \t\r\n";
  result.text.erase(result.text.find_last_not_of(kBlanks) + 1);
  result.text.erase(0, result.text.find_first_not_of(kBlanks));
  return result;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || text.empty()) return std::nullopt;
  return value;
}

}  // namespace ecokube::agent
