#pragma once

#include <string>
#include <string_view>

#include "common/raw_wake.h"

namespace ecokube::agent {

/// Sends one frame to ff:ff:ff:ff:ff:ff by AF_PACKET, which needs CAP_NET_RAW: a switch has long
/// forgotten where a sleeper's own address is. not_found: no such interface; invalid: it is no
/// Ethernet; unreachable: it is down; else forbidden or io.
[[nodiscard]] Result<void> send_magic_frame(const RawWakeQuestion& question);

/// The answer to a question's line, with its end.
[[nodiscard]] std::string answer_raw_wake(std::string_view line);

}  // namespace ecokube::agent
