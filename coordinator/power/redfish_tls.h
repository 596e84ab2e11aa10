#pragma once

#include "common/pinned_tls.h"
#include "coordinator/power/bmc_access.h"

namespace ecokube {

/// How its certificate is checked. Errc::config: the CA's file can't be read.
[[nodiscard]] Result<PinnedTls> make_redfish_tls(const RedfishTrust& trust);

}  // namespace ecokube
