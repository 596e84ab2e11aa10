#pragma once

#include <string>

namespace ecokube::lab {

/// A second of video below 50 kB that any player shows: a bright bar that wanders over a gradient,
/// as uncompressed YUV4MPEG2.
[[nodiscard]] std::string make_clip();

}  // namespace ecokube::lab
