#pragma once

#include <string_view>

namespace ecokube {

/// `format` of the document that wakes a fleet without its coordinator: {"format", "nodes":
/// [{"node", "address": "host:port", "macs": ["02:00:...", ...], "secure_on_file", "methods":
/// ["wol", "ipmi"], "bmc": {"protocol": "ipmi", ...}}, ...]}. Another number is another shape. The
/// file of its packets' password, the methods and the BMC came later: who does not know them sends
/// packets, and a document without them is one of packets.
inline constexpr std::string_view kWakeBundleFormat = "ecokube-wake-bundle/1";

}  // namespace ecokube
