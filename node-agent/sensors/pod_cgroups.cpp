#include "node-agent/sensors/pod_cgroups.h"

#include <algorithm>
#include <array>
#include <utility>

#include "node-agent/sensors/folder_entries.h"

namespace ecokube::agent {
namespace {

constexpr std::size_t kPodsMax = 1024;
constexpr std::array kRoots{"kubepods.slice", "kubepods", "kubelet.slice/kubelet-kubepods.slice",
                            "kubelet/kubepods"};

// A quality of service: its pods are one folder further down. Guaranteed pods are in kubepods
// itself.
bool is_class(std::string_view name) {
  return name == "burstable" || name == "besteffort" || name.ends_with("-burstable.slice") ||
         name.ends_with("-besteffort.slice");
}

/// Adds the pods in a folder, and those in its classes.
void add_pods(const std::string& folder, bool in_class, std::vector<PodCgroup>& into) {
  FolderEntries entries(folder.c_str());
  while (const auto entry = entries.next()) {
    if (!entry->is_folder || into.size() >= kPodsMax) continue;
    auto path = folder + "/";
    path += entry->name;
    if (!in_class && is_class(entry->name)) {
      add_pods(path, true, into);
    } else if (auto uid = pod_uid_of(entry->name); !uid.empty()) {
      into.push_back({std::move(uid), std::move(path)});
    }
  }
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

std::vector<PodCgroup> find_pod_cgroups(const std::filesystem::path& cgroup_root) {
  std::vector<PodCgroup> pods;
  for (const auto* root : kRoots) add_pods(cgroup_root.native() + "/" + root, false, pods);
  std::sort(pods.begin(), pods.end(),
            [](const PodCgroup& a, const PodCgroup& b) { return a.uid < b.uid; });
  return pods;
}

}  // namespace ecokube::agent
