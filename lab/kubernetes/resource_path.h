#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/kubernetes/json_fields.h"

namespace ecokube::lab {

/// What a path of the API names: /api/v1/namespaces/NS/pods/NAME/status and its like, any group.
struct ResourcePath {
  std::string group;  ///< empty: the core group
  std::string version;
  std::string name_space;  ///< empty: cluster scope, or all namespaces
  std::string resource;    ///< plural, "pods"
  std::string name;        ///< empty: the collection
  std::string subresource;

  [[nodiscard]] std::string api_version() const {
    return group.empty() ? version : group + "/" + version;
  }
  /// "v1/pods": under which the store keeps them.
  [[nodiscard]] std::string collection() const { return api_version() + "/" + resource; }
};

/// From the decoded segments of the request's path; nullopt when it is no resource.
[[nodiscard]] std::optional<ResourcePath> parse_resource_path(
    const std::vector<std::string>& segments);

/// "Pod" for "pods"; for a resource we do not know, its singular with a capital.
[[nodiscard]] std::string kind_of(const ResourcePath& path);
/// True for the built-in resources in our table; of others we know neither kind nor scope.
[[nodiscard]] bool is_known(const ResourcePath& path);
/// Known resources without a namespace.
[[nodiscard]] bool is_cluster_scoped(const ResourcePath& path);
/// True where /status is apart: writes to the object leave its status alone, and the reverse.
[[nodiscard]] bool has_status_subresource(const ResourcePath& path);
/// Status that a POST may bring along (nodes register themselves with one).
[[nodiscard]] bool keeps_status_on_create(const ResourcePath& path);
[[nodiscard]] bool has_scale_subresource(const ResourcePath& path);
/// The built-in resources of a group and version.
[[nodiscard]] std::vector<ResourcePath> known_resources(const std::string& group,
                                                        const std::string& version);
/// True where metadata.generation counts changes of spec.
[[nodiscard]] bool has_generation(const ResourcePath& path);

}  // namespace ecokube::lab
