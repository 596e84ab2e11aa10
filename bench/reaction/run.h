#pragma once

#include "bench/reaction/options.h"
#include "common/error.h"

namespace ecokube::bench {

/// The whole benchmark: from the start of the control plane to the report.
[[nodiscard]] Result<void> run_reaction(const ReactionOptions& options);

}  // namespace ecokube::bench
