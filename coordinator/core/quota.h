#pragma once

#include <optional>
#include <string>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"

// S6: how many machines the pods of one namespace may have woken.
namespace ecokube::core {

/// Its own, or that of every namespace without one; nullptr: it has none.
[[nodiscard]] const NamespaceQuota* quota_of(const Policy& policy, const std::string& ns);

/// What a wake for its pods takes; nullopt: nothing. Its bucket begins full: a new leader's too,
/// since a wake too many is safe and a tenant that waits for nothing is not.
[[nodiscard]] std::optional<Token> quota_token(const Policy& policy, const std::string& ns);

/// For people: "namespace team-a may have 4 machines woken an hour, 2 at once; the next in 900 s"
[[nodiscard]] std::string quota_text(const Policy& policy, const std::string& ns, Duration until);

}  // namespace ecokube::core
