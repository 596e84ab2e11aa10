#include "node-agent/sensors/pod_cgroups.h"

#include <algorithm>
#include <array>
#include <system_error>

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPodsMax = 1024;
constexpr std::array kRoots{"kubepods.slice", "kubepods", "kubelet.slice/kubelet-kubepods.slice",
                            "kubelet/kubepods"};

// A quality of service: its pods are one folder further down. Guaranteed pods are in kubepods
// itself.
bool is_class(std::string_view name) {
  return name == "burstable" || name == "besteffort" || name.ends_with("-burstable.slice") ||
         name.ends_with("-besteffort.slice");
}

/// The folders of classes in it; each folder is closed before the next is opened, for an open one
/// has a buffer of 32 KiB.
std::vector<fs::path> add_pods(const fs::path& folder, std::vector<PodCgroup>& into) {
  std::vector<fs::path> classes;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code unreadable;
    if (!it->is_directory(unreadable) || into.size() >= kPodsMax) continue;
    const std::string name = it->path().filename();
    if (is_class(name)) {
      classes.push_back(it->path());
    } else if (auto uid = pod_uid_of(name); !uid.empty()) {
      into.push_back({std::move(uid), it->path()});
    }
  }
  return classes;
}

}  // namespace

std::string pod_uid_of(std::string_view cgroup_name) {
  constexpr std::string_view kSlice = ".slice", kPod = "pod";
  constexpr std::size_t kUidMax = 64;
  const bool systemd = cgroup_name.ends_with(kSlice);
  if (systemd) {
    cgroup_name.remove_suffix(kSlice.size());
    const auto dash = cgroup_name.rfind('-');
    if (dash == std::string_view::npos) return {};
    cgroup_name.remove_prefix(dash + 1);
  }
  if (!cgroup_name.starts_with(kPod)) return {};
  std::string uid(cgroup_name.substr(kPod.size()));
  if (systemd) std::replace(uid.begin(), uid.end(), '_', '-');
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
  };
  if (uid.size() > kUidMax || !std::all_of(uid.begin(), uid.end(), fits)) return {};
  return uid;
}

std::vector<PodCgroup> find_pod_cgroups(const fs::path& cgroup_root) {
  std::vector<PodCgroup> pods;
  for (const auto* root : kRoots) {
    for (const auto& folder : add_pods(cgroup_root / root, pods)) add_pods(folder, pods);
  }
  std::sort(pods.begin(), pods.end(),
            [](const PodCgroup& a, const PodCgroup& b) { return a.uid < b.uid; });
  return pods;
}

}  // namespace ecokube::agent
