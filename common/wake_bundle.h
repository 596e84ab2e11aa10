#pragma once

#include <string_view>

namespace ecokube {

/// `format` of the document that wakes a fleet without its coordinator: {"format", "nodes":
/// [{"node", "address": "host:port", "macs": ["02:00:...", ...]}, ...]}, and with "secure_on_file"
/// a node whose packets need the password in that file. Another number is another shape.
inline constexpr std::string_view kWakeBundleFormat = "ecokube-wake-bundle/1";

}  // namespace ecokube
