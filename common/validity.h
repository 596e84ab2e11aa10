#pragma once

#include <algorithm>
#include <chrono>

#include "common/policy_clock.h"

namespace ecokube {

/// Of a certificate, by the wall clock.
struct Validity {
  TimePoint not_before, not_after;
  bool operator==(const Validity&) const = default;
};

/// When a machine has to be awake for it to be renewed (S26): a day before its end, or a sixth of a
/// shorter one's life.
[[nodiscard]] constexpr TimePoint awake_by(const Validity& certificate) {
  const Duration day = std::chrono::hours(24);
  const Duration sixth = (certificate.not_after - certificate.not_before) / 6;
  return certificate.not_after - std::min(day, sixth);
}

}  // namespace ecokube
