#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/tls_context.h"
#include "common/units.h"
#include "node-agent/logind/logind.h"
#include "node-agent/sensors/machine.h"
#include "node-agent/shutdown/local_work.h"

namespace ecokube::agent {

inline constexpr const char* kStateDir = "/var/lib/ecokube-agent";
inline constexpr const char* kHoldFile = "/etc/ecokube/hold";
inline constexpr const char* kHooksDir = "/etc/ecokube/shutdown.d";
inline constexpr const char* kArmSocket = "/run/ecokube-nic-arm.sock";
inline constexpr const char* kBmcSocket = "/run/ecokube-bmc-info.sock";
inline constexpr const char* kKubeletSocket = "/run/ecokube-kubelet-cert.sock";
inline constexpr const char* kRtcSocket = "/run/ecokube-rtc-alarm.sock";
inline constexpr const char* kLocalSocket = "/run/ecokube-agent/agent.sock";

/// agent.toml.
struct Config {
  std::string node_name;
  std::string log_level;
  std::filesystem::path state_dir;
  MachineRoots roots;

  std::vector<std::string> coordinators;  ///< "host:port"
  TlsFiles tls;

  std::chrono::milliseconds sample_interval{}, pod_interval{};
  std::optional<Power> idle, peak;
  std::string hwmon_chip;

  std::filesystem::path local_socket;  ///< for `status`; empty: none
  std::string metrics_listen;          ///< "127.0.0.1:port"; empty: none

  std::filesystem::path hold_file, hooks_dir, limits_file;
  std::chrono::milliseconds hook_timeout{};
  std::vector<std::string> action;          ///< instead of logind; empty: logind
  std::vector<std::string> suspend_action;  ///< beside it; ends when the machine is awake again
  LogindOptions logind;
  KeepOn keep_on;

  bool woken_by_network = true;           ///< an armed NIC is needed; false: its BMC wakes it
  std::vector<Ipv4Subnet> wake_segments;  ///< empty: as the interfaces say
  bool relay = true;                      ///< sends magic packets for others of these segments
  std::string wake_address;  ///< "host:port"; empty: the coordinator's own configuration counts
  std::filesystem::path arm_socket;      ///< of ecokube-nic-arm; empty: nobody is asked
  std::filesystem::path bmc_socket;      ///< of ecokube-bmc-info; empty: nobody is asked
  std::filesystem::path kubelet_socket;  ///< of ecokube-kubelet-cert; empty: nobody is asked
  std::filesystem::path rtc_socket;      ///< of ecokube-rtc-alarm; empty: nobody is asked
  std::filesystem::path raw_socket;      ///< of ecokube-raw-wake; empty: nobody is asked
  std::chrono::hours rtc_alarm{0};       ///< the longest sleep; 0: no alarm is set
};

/// Where enrolment puts the certificates, unless [tls] says otherwise: the agent's own folder, in
/// which it may renew them.
[[nodiscard]] TlsFiles standard_identity(const std::filesystem::path& state_dir);
/// The host's name, as far as it is a node's.
[[nodiscard]] std::string host_name();

/// Errc::config with each mistake on a line of its own: file, line, key.
[[nodiscard]] Result<Config> read_config(const std::filesystem::path& file);
[[nodiscard]] Result<Config> parse_config(std::string_view text, std::string name);

}  // namespace ecokube::agent
