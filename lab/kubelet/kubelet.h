#pragma once

#include "common/error.h"
#include "lab/kubelet/kubelet_options.h"

namespace ecokube::lab {

/// Registers the node and runs its pods until SIGTERM or SIGINT; then the pods are ended and the
/// API server is told nothing, as when a machine is switched off.
[[nodiscard]] Result<void> run_kubelet(const KubeletOptions& options);

}  // namespace ecokube::lab
