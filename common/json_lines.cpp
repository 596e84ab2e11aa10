#include "common/json_lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>

#include "common/boot_clock.h"
#include "common/log.h"

namespace ecokube {

Result<JsonLines> JsonLines::open(const std::filesystem::path& file, std::string source) {
  constexpr mode_t kMode = 0644;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode);
  if (fd < 0) {
    return fail(Errc::io, "opening " + file.string() + " to append: " + std::strerror(errno));
  }
  return JsonLines(fd, std::move(source));
}

JsonLines::~JsonLines() {
  if (fd_ >= 0) ::close(fd_);
}

JsonLines::JsonLines(JsonLines&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), source_(std::move(other.source_)) {}

JsonLines& JsonLines::operator=(JsonLines&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(source_, other.source_);
  return *this;
}

void JsonLines::write(std::string_view event, std::initializer_list<Field> fields) {
  if (fd_ < 0) return;
  boost::json::object line{
      {"at_ns", boottime_now().count()}, {"source", source_}, {"event", event}};
  for (const auto& [key, value] : fields) line[key] = value;
  const std::string text = boost::json::serialize(line) + "\n";
  if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    log::warn("event log: line of {} bytes not written: {}", text.size(), std::strerror(errno));
  }
}

}  // namespace ecokube
