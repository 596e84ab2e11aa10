#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/host_port.h"

namespace ecokube::lab {

/// Who may log in by a token: `file` is the kubeconfig's name.
struct ControlPlaneUser {
  std::string file, name;
  std::vector<std::string> groups;
};

/// "coordinator=ecokube:coordinator" or "kubelet-w1=system:node:w1,system:nodes": the kubeconfig's
/// name, the user and its groups.
[[nodiscard]] Result<ControlPlaneUser> parse_control_plane_user(std::string_view text);

/// Where a control plane keeps everything. All paths are absolute.
struct ControlPlaneFiles {
  std::filesystem::path folder;

  [[nodiscard]] std::filesystem::path certificate(const std::string& stem) const;
  [[nodiscard]] std::filesystem::path key(const std::string& stem) const;
  [[nodiscard]] std::filesystem::path tokens() const { return folder / "tokens.csv"; }
  [[nodiscard]] std::filesystem::path kubeconfig(const std::string& user) const;
  [[nodiscard]] std::filesystem::path log(const std::string& program) const;
  [[nodiscard]] std::filesystem::path scheduler_config() const {
    return folder / "scheduler-config.yaml";
  }
  /// Holds the process id of what runs now: for those who want to see it die.
  [[nodiscard]] std::filesystem::path pid(const std::string& program) const;
  /// Holds the server's URL once the whole control plane is up; not there before.
  [[nodiscard]] std::filesystem::path ready() const { return folder / "ready"; }
};

/// Makes folders, certificates, tokens and kubeconfigs (user admin may do everything). Certificates
/// and tokens of an earlier run of the same folder stay.
[[nodiscard]] Result<void> make_control_plane_files(const ControlPlaneFiles& files,
                                                    const HostPort& server,
                                                    std::vector<ControlPlaneUser> users);

/// Copies a KubeSchedulerConfiguration, with this control plane's kubeconfig in it: kube-scheduler
/// takes that from nowhere else when it is given a configuration.
[[nodiscard]] Result<void> write_scheduler_config(const ControlPlaneFiles& files,
                                                  const std::filesystem::path& from);

}  // namespace ecokube::lab
