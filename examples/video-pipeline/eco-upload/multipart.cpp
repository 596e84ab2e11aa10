#include "examples/video-pipeline/eco-upload/multipart.h"

#include <algorithm>
#include <cctype>

namespace ecokube::video {
namespace {

constexpr std::size_t kHeaderBytesMax = 8192;
constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  const std::string type = lower(content_type);
  constexpr std::string_view kKey = "boundary=";
  const auto at = type.find(kKey);
  if (!type.starts_with("multipart/form-data") || at == std::string::npos) return std::nullopt;
  std::string_view value = content_type.substr(at + kKey.size());
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    value = value.substr(0, value.find('"'));
  } else {
    value = value.substr(0, value.find_first_of("; \t"));
  }
  if (value.empty() || value.size() > kBoundaryBytesMax) return std::nullopt;
  return std::string(value);
}

MultipartFile::MultipartFile(std::string_view boundary)
    : delimiter_("\r\n--" + std::string(boundary)) {}

Result<std::string> MultipartFile::feed(std::string_view bytes) {
  buffer_ += bytes;
  std::string out;
  while (true) {
    auto moved = step(out);
    if (!moved) return std::unexpected(moved.error());
    if (!*moved) return out;
  }
}

// One step through the body; false when more bytes are needed.
Result<bool> MultipartFile::step(std::string& out) {
  switch (where_) {
    case Where::field:
    case Where::file: return take_content(out);
    case Where::before_part: {
      const auto at = buffer_.find(delimiter_);
      if (at == std::string::npos) {
        if (buffer_.size() > kHeaderBytesMax) return fail(Errc::protocol, "no part in the body");
        return false;
      }
      buffer_.erase(0, at + delimiter_.size());
      where_ = Where::headers;
      return true;
    }
    case Where::headers: {
      if (buffer_.starts_with("--")) {  // the last delimiter
        where_ = Where::after;
        return true;
      }
      const auto end = buffer_.find("\r\n\r\n");
      if (end == std::string::npos) {
        if (buffer_.size() > kHeaderBytesMax) return fail(Errc::protocol, "part headers too long");
        return false;
      }
      const std::string headers = lower(std::string_view(buffer_).substr(0, end));
      const bool is_file = headers.find("filename=") != std::string::npos ||
                           headers.find("filename*=") != std::string::npos;
      buffer_.erase(0, end + 4);
      where_ = is_file ? Where::file : Where::field;
      return true;
    }
    case Where::after: buffer_.clear(); return false;
  }
  return false;
}

bool MultipartFile::take_content(std::string& out) {
  const auto at = buffer_.find(delimiter_);
  const bool is_file = where_ == Where::file;
  if (at == std::string::npos) {
    // The tail may be the beginning of a delimiter.
    const auto sure = buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
    if (is_file) out.append(buffer_, 0, sure);
    buffer_.erase(0, sure);
    return false;
  }
  if (is_file) out.append(buffer_, 0, at);
  buffer_.erase(0, at + delimiter_.size());
  complete_ = is_file;
  where_ = is_file ? Where::after : Where::headers;
  return true;
}

}  // namespace ecokube::video
