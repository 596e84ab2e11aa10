#pragma once

#include "common/error.h"
#include "coordinator/core/observation.h"
#include "ecokube/v1/agent.pb.h"

namespace ecokube {

/// What an agent says of its machine's kubelet: dates within the years that a certificate may have,
/// so that whoever reckons with them need not look.
[[nodiscard]] Result<core::KubeletCertificate> read_kubelet_certificate(
    const v1::KubeletCertificate& certificate);

}  // namespace ecokube
