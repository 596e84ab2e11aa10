#pragma once

#include "common/error.h"
#include "coordinator/core/observation.h"
#include "ecokube/v1/agent.pb.h"

namespace ecokube {

/// What an agent says of its machine's own BMC. Its address becomes part of what a person is told
/// to write into a configuration, so that it is an IPv4 address and nothing else.
[[nodiscard]] Result<core::BmcFacts> read_bmc(const v1::Bmc& bmc);

}  // namespace ecokube
