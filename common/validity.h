#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "common/policy_clock.h"

namespace ecokube {

/// Of a certificate, by the wall clock.
struct Validity {
  TimePoint not_before, not_after;
  bool operator==(const Validity&) const = default;
};

/// As helpers and agents tell it, in seconds since the epoch: dates that a certificate may have.
[[nodiscard]] constexpr std::optional<Validity> validity_between(std::int64_t not_before_s,
                                                                 std::int64_t not_after_s) {
  constexpr std::int64_t kYear9999 = 253'402'300'799;  // RFC 5280: a certificate without an end
  if (not_before_s < 0 || not_after_s > kYear9999 || not_after_s <= not_before_s) {
    return std::nullopt;
  }
  return Validity{TimePoint(std::chrono::seconds(not_before_s)),
                  TimePoint(std::chrono::seconds(not_after_s))};
}

/// When a machine has to be awake for it to be renewed (S26): a day before its end, or a sixth of a
/// shorter one's life.
[[nodiscard]] constexpr TimePoint awake_by(const Validity& certificate) {
  const Duration day = std::chrono::hours(24);
  const Duration sixth = (certificate.not_after - certificate.not_before) / 6;
  return certificate.not_after - std::min(day, sixth);
}

}  // namespace ecokube
