#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/mac_address.h"
#include "common/secure_on.h"

namespace ecokube {

inline constexpr const char* kRawWakeSocket = "/run/ecokube-raw-wake.sock";

/// What ecokube-raw-wake can be asked, in one line: "wake INTERFACE MAC", and behind it the
/// SecureOn password, if there is one. It sends one magic packet as an Ethernet frame to all of
/// that segment.
struct RawWakeQuestion {
  std::string interface;
  MacAddress mac;
  std::optional<SecureOn> secure_on;
  bool operator==(const RawWakeQuestion&) const = default;
};

/// Without its end. It may hold a secret.
[[nodiscard]] std::string to_line(const RawWakeQuestion& question);
/// invalid: it is no such line; what it is instead is not said, as it may hold a secret.
[[nodiscard]] Result<RawWakeQuestion> parse_raw_wake_question(std::string_view line);

/// "sent=yes", or "problem=why not", with its end.
[[nodiscard]] std::string raw_wake_answer(const Result<void>& sent);
/// Without its end. protocol: it is no such line; io: with the problem that it tells.
[[nodiscard]] Result<void> parse_raw_wake_answer(std::string_view line);

}  // namespace ecokube
