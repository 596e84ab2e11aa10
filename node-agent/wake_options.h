#pragma once

#include "node-agent/config.h"
#include "node-agent/identity/kubelet_certificate.h"
#include "node-agent/wake/nic_arming.h"
#include "node-agent/wake/own_bmc.h"
#include "node-agent/wake/rtc_waking.h"

// What the configuration says to those who ask the helpers.
namespace ecokube::agent {

[[nodiscard]] NicArmingOptions arming_options(const Config& config);
[[nodiscard]] OwnBmcOptions bmc_options(const Config& config);
[[nodiscard]] KubeletCertificateOptions kubelet_options(const Config& config);
/// `certificates` are those that may not end while this machine sleeps.
[[nodiscard]] RtcWakingOptions clock_options(const Config& config,
                                             std::function<std::vector<Validity>()> certificates);

}  // namespace ecokube::agent
