#include "lab/kubelet/pod_cgroup.h"

#include <system_error>

#include "common/log.h"
#include "common/whole_file.h"

namespace ecokube::lab {

PodCgroups::PodCgroups(const std::filesystem::path& cgroup_root) {
  if (cgroup_root.empty()) return;
  pods_ = cgroup_root / "kubepods/burstable";
  std::error_code ignored;
  std::filesystem::remove_all(pods_, ignored);
}

void PodCgroups::started(const std::string& uid, int pid) const {
  if (pods_.empty()) return;
  const auto folder = pods_ / ("pod" + uid);
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  const auto written = write_whole_file(folder / "cgroup.procs", std::to_string(pid) + "\n");
  if (!written) log::error("pod event=no_cgroup uid={} why=\"{}\"", uid, written.error().message);
}

void PodCgroups::ended(const std::string& uid) const {
  if (pods_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(pods_ / ("pod" + uid), ignored);
}

}  // namespace ecokube::lab
