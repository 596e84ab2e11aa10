#pragma once

#include <optional>
#include <string>

#include "coordinator/core/world.h"

// The kubelet renews its certificate, and not while its machine sleeps: once it has ended the
// kubelet can't join any more (S26).
namespace ecokube::core {

/// By when the node has to be awake for it; nullopt: there is none, or it is not known.
[[nodiscard]] std::optional<TimePoint> awake_for_kubelet(const Node& node);

/// "the kubelet's certificate ends in 2 h", of one that is known.
[[nodiscard]] std::string kubelet_certificate_text(const Node& node, TimePoint now);

}  // namespace ecokube::core
