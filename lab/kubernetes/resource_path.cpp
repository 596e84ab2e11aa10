#include "lab/kubernetes/resource_path.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ecokube::lab {
namespace {

struct KnownResource {
  std::string_view group;
  std::string_view resource;
  std::string_view kind;
  bool cluster_scoped = false;
  bool has_status = true;
  bool keeps_status_on_create = false;
  bool has_scale = false;
};

constexpr std::array kKnown{
    KnownResource{"", "pods", "Pod"},
    KnownResource{.group = "",
                  .resource = "nodes",
                  .kind = "Node",
                  .cluster_scoped = true,
                  .keeps_status_on_create = true},
    KnownResource{
        .group = "", .resource = "namespaces", .kind = "Namespace", .cluster_scoped = true},
    KnownResource{.group = "", .resource = "events", .kind = "Event", .has_status = false},
    KnownResource{.group = "", .resource = "configmaps", .kind = "ConfigMap", .has_status = false},
    KnownResource{.group = "", .resource = "secrets", .kind = "Secret", .has_status = false},
    KnownResource{"", "services", "Service"},
    KnownResource{
        .group = "apps", .resource = "deployments", .kind = "Deployment", .has_scale = true},
    KnownResource{
        .group = "apps", .resource = "replicasets", .kind = "ReplicaSet", .has_scale = true},
    KnownResource{
        .group = "apps", .resource = "statefulsets", .kind = "StatefulSet", .has_scale = true},
    KnownResource{"apps", "daemonsets", "DaemonSet"},
    KnownResource{"batch", "jobs", "Job"},
    KnownResource{
        .group = "coordination.k8s.io", .resource = "leases", .kind = "Lease", .has_status = false},
    KnownResource{"policy", "poddisruptionbudgets", "PodDisruptionBudget"},
    KnownResource{"autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler"},
    KnownResource{"", "persistentvolumeclaims", "PersistentVolumeClaim"},
    KnownResource{.group = "",
                  .resource = "persistentvolumes",
                  .kind = "PersistentVolume",
                  .cluster_scoped = true},
    KnownResource{.group = "storage.k8s.io",
                  .resource = "volumeattachments",
                  .kind = "VolumeAttachment",
                  .cluster_scoped = true},
};

const KnownResource* find_known(const ResourcePath& path) {
  const auto* found = std::ranges::find_if(kKnown, [&](const KnownResource& known) {
    return known.group == path.group && known.resource == path.resource;
  });
  return found == kKnown.end() ? nullptr : found;
}

}  // namespace

std::optional<ResourcePath> parse_resource_path(const std::vector<std::string>& segments) {
  ResourcePath path;
  std::size_t at = 0;
  const auto next = [&]() -> std::string {
    return at < segments.size() ? segments[at++] : std::string{};
  };
  const std::string root = next();
  if (root == "apis") path.group = next();
  if ((root != "api" && root != "apis") || (root == "apis" && path.group.empty())) {
    return std::nullopt;
  }
  path.version = next();
  path.resource = next();
  const bool inside_namespace = path.resource == "namespaces" && segments.size() > at + 1 &&
                                segments[at + 1] != "status" && segments[at + 1] != "finalize";
  if (inside_namespace) {
    path.name_space = next();
    path.resource = next();
  }
  path.name = next();
  path.subresource = next();
  if (path.version.empty() || path.resource.empty() || at < segments.size()) return std::nullopt;
  return path;
}

std::string kind_of(const ResourcePath& path) {
  if (const auto* known = find_known(path)) return std::string(known->kind);
  std::string kind = path.resource;
  if (kind.ends_with("ies")) {
    kind.replace(kind.size() - 3, 3, "y");
  } else if (kind.ends_with('s')) {
    kind.pop_back();
  }
  if (!kind.empty() && kind[0] >= 'a' && kind[0] <= 'z') {
    kind[0] = static_cast<char>(kind[0] - 'a' + 'A');
  }
  return kind;
}

bool is_known(const ResourcePath& path) { return find_known(path) != nullptr; }

bool is_cluster_scoped(const ResourcePath& path) {
  const auto* known = find_known(path);
  return known != nullptr && known->cluster_scoped;
}

bool has_status_subresource(const ResourcePath& path) {
  const auto* known = find_known(path);
  return known == nullptr || known->has_status;
}

bool keeps_status_on_create(const ResourcePath& path) {
  const auto* known = find_known(path);
  return known != nullptr && (known->keeps_status_on_create || !known->has_status);
}

bool has_scale_subresource(const ResourcePath& path) {
  const auto* known = find_known(path);
  return known != nullptr && known->has_scale;
}

std::vector<ResourcePath> known_resources(const std::string& group, const std::string& version) {
  std::vector<ResourcePath> found;
  for (const auto& known : kKnown) {
    const std::string_view served = known.group == "autoscaling" ? "v2" : "v1";
    if (known.group != group || served != version) continue;
    found.push_back({group, version, "", std::string(known.resource), "", ""});
  }
  return found;
}

bool has_generation(const ResourcePath& path) {
  return !is_known(path) || path.group == "apps" || path.group == "batch" || path.group == "policy";
}

}  // namespace ecokube::lab
