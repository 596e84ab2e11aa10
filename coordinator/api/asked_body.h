#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/policy_clock.h"

namespace ecokube {

/// The body of everything that a person asks for.
struct AskedBody {
  std::string by = "root";
  std::string reason;
  std::optional<Duration> valid_for;
};

/// {"by": ..., "reason": ..., "for_s": ...}, all optional; an empty body is one without any.
/// Errc::invalid: what is wrong with it.
[[nodiscard]] Result<AskedBody> read_asked_body(std::string_view body);

}  // namespace ecokube
