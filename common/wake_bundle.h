#pragma once

#include <string_view>

namespace ecokube {

/// `format` of the document that wakes a fleet without its coordinator: {"format", "nodes":
/// [{"node", "address": "host:port", "macs": ["02:00:...", ...]}, ...]}. Another number is another
/// shape.
inline constexpr std::string_view kWakeBundleFormat = "ecokube-wake-bundle/1";

}  // namespace ecokube
