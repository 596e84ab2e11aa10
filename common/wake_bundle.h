#pragma once

#include <string_view>

namespace ecokube {

/// `format` of the document that wakes a fleet without its coordinator: {"format", "nodes":
/// [{"node", "address": "host:port", "macs": ["02:00:...", ...], "secure_on_file", "methods":
/// ["wol", "ipmi"], "bmc": {"protocol": "ipmi", ...}}, ...]}. Another number is another shape.
/// "secure_on_file", which holds a password for its packets, "methods" and "bmc" came later: who does
/// not know them sends packets, and a file without them is one of packets.
inline constexpr std::string_view kWakeBundleFormat = "ecokube-wake-bundle/1";

}  // namespace ecokube
