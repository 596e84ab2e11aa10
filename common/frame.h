#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube {

/// Frames of the agent link: 4-byte big-endian length, then that many bytes. No I/O here.
inline constexpr std::size_t kFrameBytesMax = 64 * 1024;

/// The frame around `body`; `body` must not be above kFrameBytesMax.
[[nodiscard]] Result<std::string> encode_frame(std::string_view body);

/// Cuts a byte stream into frames. Feed what was read, then take frames until there is none.
class FrameDecoder {
 public:
  /// Instead of kFrameBytesMax, for a peer that may send less.
  void limit(std::size_t bytes_max) { bytes_max_ = bytes_max; }
  void feed(std::string_view bytes) { buffer_.append(bytes); }

  /// The next whole frame's body, nullopt when more bytes are needed, too_large when the peer
  /// announces a frame above the limit (the stream is then useless: close it), protocol for an
  /// empty frame.
  [[nodiscard]] Result<std::optional<std::string>> next();

  /// True when the stream ends here in the middle of a frame.
  [[nodiscard]] bool has_partial() const { return !buffer_.empty(); }

 private:
  std::string buffer_;
  std::size_t bytes_max_ = kFrameBytesMax;
};

}  // namespace ecokube
