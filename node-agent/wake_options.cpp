#include "node-agent/wake_options.h"

#include <utility>

#include "common/boot_clock.h"

namespace ecokube::agent {

NicArmingOptions arming_options(const Config& config) {
  NicArmingOptions options;
  options.roots = config.roots;
  options.segments = config.wake_segments;
  options.socket = config.arm_socket;
  options.needed = config.woken_by_network;
  return options;
}

OwnBmcOptions bmc_options(const Config& config) {
  OwnBmcOptions options;
  options.sysfs = config.roots.sysfs;
  options.socket = config.bmc_socket;
  return options;
}

KubeletCertificateOptions kubelet_options(const Config& config) {
  KubeletCertificateOptions options;
  options.socket = config.kubelet_socket;
  options.now = [] { return RealClock().now(); };
  return options;
}

RtcWakingOptions clock_options(const Config& config,
                               std::function<std::vector<Validity>()> certificates) {
  RtcWakingOptions options;
  options.sysfs = config.roots.sysfs;
  options.socket = config.rtc_socket;
  options.longest = config.rtc_alarm;
  options.now = [] { return RealClock().now(); };
  options.certificates = std::move(certificates);
  return options;
}

}  // namespace ecokube::agent
