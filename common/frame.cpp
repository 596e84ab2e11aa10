#include "common/frame.h"

#include <cstdint>

namespace ecokube {
namespace {
constexpr std::size_t kHeaderBytes = 4;
}

Result<std::string> encode_frame(std::string_view body) {
  if (body.empty() || body.size() > kFrameBytesMax) {
    return fail(Errc::too_large, "frame of " + std::to_string(body.size()) +
                                     " bytes; allowed are 1 to " + std::to_string(kFrameBytesMax));
  }
  std::string frame;
  frame.reserve(kHeaderBytes + body.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>((body.size() >> shift) & 0xff);
  }
  frame += body;
  return frame;
}

Result<std::optional<std::string>> FrameDecoder::next() {
  if (buffer_.size() < kHeaderBytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    length = (length << 8) | static_cast<std::uint8_t>(buffer_[i]);
  }
  if (length > bytes_max_) {
    return fail(Errc::too_large, "peer announced a frame of " + std::to_string(length) +
                                     " bytes; the limit is " + std::to_string(bytes_max_));
  }
  if (length == 0) return fail(Errc::protocol, "peer sent an empty frame");
  if (buffer_.size() < kHeaderBytes + length) return std::nullopt;
  std::string body = buffer_.substr(kHeaderBytes, length);
  buffer_.erase(0, kHeaderBytes + length);
  return body;
}

}  // namespace ecokube
