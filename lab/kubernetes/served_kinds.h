#pragma once

#include <optional>
#include <string>

#include "lab/kubernetes/api_answer.h"
#include "lab/kubernetes/store.h"

namespace ecokube::lab {

/// Where the parts of a Scale stand in an object: "spec.replicas".
struct ScalePaths {
  std::string replicas;
  std::string status_replicas;
  std::string selector;  ///< of a text; empty: there is none
};

/// Which kinds are served: the built-in ones, and those that a stored CustomResourceDefinition
/// defines. (Objects of any other kind are taken too, but nothing tells of them.)
class ServedKinds {
 public:
  explicit ServedKinds(const Store& store) : store_(store) {}

  /// nullopt: it has no scale subresource.
  [[nodiscard]] std::optional<ScalePaths> scale_paths(const ResourcePath& path) const;

  /// The answer to GET /apis/GROUP/VERSION: an APIResourceList.
  [[nodiscard]] ApiResult<ApiAnswer> discover(const std::string& group,
                                              const std::string& version) const;

 private:
  const Store& store_;
};

/// The value at "a.b.c"; nullptr when any of it is missing.
[[nodiscard]] const json::value* find_at(const json::object& object, std::string_view dotted);
/// Sets it, and makes what is missing on the way.
void set_at(json::object& object, std::string_view dotted, json::value value);

}  // namespace ecokube::lab
