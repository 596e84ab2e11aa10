#pragma once

#include "common/error.h"
#include "coordinator/config.h"

namespace ecokube {

/// Wires every part and runs until SIGTERM or SIGINT. An error is one of configuration or of this
/// machine (busy port, unwritable folder); what may come back is retried inside and never ends it.
[[nodiscard]] Result<void> run_coordinator(const CoordinatorConfig& config);

}  // namespace ecokube
