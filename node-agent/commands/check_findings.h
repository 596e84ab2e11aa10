#pragma once

#include <string>
#include <vector>

#include "node-agent/config.h"

namespace ecokube::agent {

/// One thing that `ecokube-agent check` looked at.
struct Finding {
  enum class Level { ok, warning, problem };
  Level level = Level::ok;
  std::string what;  ///< one sentence
  std::string mend;  ///< what to do; empty where there is nothing to do
  bool operator==(const Finding&) const = default;
};

[[nodiscard]] Finding fine(std::string what);
[[nodiscard]] Finding warning(std::string what, std::string mend);
[[nodiscard]] Finding problem(std::string what, std::string mend);

/// What would keep this machine from measuring its power. Samples for two seconds at most.
[[nodiscard]] std::vector<Finding> check_measuring(const Config& config);
/// From powering off when told to.
[[nodiscard]] std::vector<Finding> check_sleeping(const Config& config);
/// From being woken. Asks ecokube-nic-arm, where it is, and arms nothing.
[[nodiscard]] std::vector<Finding> check_waking(const Config& config);
/// From its management controller (BMC) being found. Asks ecokube-bmc-info, where there is a
/// device.
[[nodiscard]] std::vector<Finding> check_bmc(const Config& config);

/// From sleeping for long: until when its kubelet is let in. Asks ecokube-kubelet-cert.
[[nodiscard]] std::vector<Finding> check_kubelet(const Config& config);

/// What a helper says with what to do behind it, "eno1 does not ...; switch ...".
[[nodiscard]] Finding split_finding(Finding::Level level, const std::string& said);

}  // namespace ecokube::agent
