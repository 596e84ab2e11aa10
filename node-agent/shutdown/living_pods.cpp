#include "node-agent/shutdown/living_pods.h"

#include <algorithm>
#include <set>

#include "node-agent/shutdown/cgroup_tree.h"

namespace ecokube::agent {
namespace {

constexpr std::string_view kPods = "kubepods";
constexpr std::string_view kPod = "pod";
constexpr std::string_view kSlice = ".slice";

std::optional<std::string> uid_of(std::string_view text) {
  const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  if (text.empty() || !clean) return std::nullopt;
  return std::string(text);
}

}  // namespace

std::optional<std::string> pod_of_cgroup(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto parents = path.substr(0, slash);
  auto name = path.substr(slash + 1);
  if (parents.find(kPods) == std::string_view::npos) return std::nullopt;
  if (!name.ends_with(kSlice)) {
    return name.starts_with(kPod) ? uid_of(name.substr(kPod.size())) : std::nullopt;
  }
  name.remove_suffix(kSlice.size());
  const auto pod = name.rfind("-pod");
  if (pod == std::string_view::npos) return std::nullopt;
  std::string uid(name.substr(pod + kPod.size() + 1));
  std::replace(uid.begin(), uid.end(), '_', '-');
  return uid_of(uid);
}

Result<std::vector<std::string>> living_pods(const std::filesystem::path& cgroup_root) {
  std::set<std::string> pods;  // v1 shows a pod once in each hierarchy
  const auto visit = [&](const Cgroup& cgroup) -> Result<bool> {
    const auto uid = pod_of_cgroup(cgroup.path);
    if (!uid) return true;
    const auto alive = is_populated(cgroup.folder);
    if (!alive) return std::unexpected(alive.error());
    if (*alive) pods.insert(*uid);
    return false;
  };
  if (auto walked = walk_cgroups(cgroup_root, visit); !walked) {
    return std::unexpected(walked.error());
  }
  return std::vector<std::string>(pods.begin(), pods.end());
}

}  // namespace ecokube::agent
