#include "lab/kubernetes/served_kinds.h"

#include "common/http_status.h"
#include "lab/kubernetes/resource_path.h"

namespace ecokube::lab {
namespace {

constexpr std::string_view kDefinitions = "apiextensions.k8s.io/v1/customresourcedefinitions";

json::object resource(const std::string& name, const std::string& kind, bool namespaced) {
  return {{"name", name}, {"singularName", ""}, {"namespaced", namespaced}, {"kind", kind}};
}

/// The version of this name that a CustomResourceDefinition serves; nullptr: it does not.
const json::object* served_version(const json::object& definition, const std::string& version) {
  for (const auto& entry : array_field(definition, {"spec", "versions"})) {
    const auto* candidate = entry.if_object();
    if (candidate == nullptr || text_field(*candidate, {"name"}) != version) continue;
    const auto* served = find_field(*candidate, {"served"});
    if (served != nullptr && served->is_bool() && served->as_bool()) return candidate;
  }
  return nullptr;
}

const json::object* scale_of_version(const json::object& version) {
  const auto* scale = find_field(version, {"subresources", "scale"});
  return scale == nullptr ? nullptr : scale->if_object();
}

/// ".spec.replicas" without its first dot.
std::string json_path(const json::object& scale, std::string_view key) {
  auto path = text_field(scale, {key});
  return path.starts_with('.') ? path.substr(1) : path;
}

/// In the same way as the built-in ones.
void add(json::array& to, const std::string& plural, const std::string& kind, bool namespaced,
         bool scalable) {
  to.push_back(resource(plural, kind, namespaced));
  if (!scalable) return;
  auto scale = resource(plural + "/scale", "Scale", namespaced);
  scale["group"] = "autoscaling";
  scale["version"] = "v1";
  to.push_back(std::move(scale));
}

}  // namespace

const json::value* find_at(const json::object& object, std::string_view dotted) {
  const auto dot = dotted.find('.');
  const auto* value = object.if_contains(dotted.substr(0, dot));
  if (value == nullptr || dot == std::string_view::npos) return value;
  return value->is_object() ? find_at(value->as_object(), dotted.substr(dot + 1)) : nullptr;
}

void set_at(json::object& object, std::string_view dotted, json::value value) {
  const auto dot = dotted.find('.');
  if (dot == std::string_view::npos) {
    object[dotted] = std::move(value);
    return;
  }
  set_at(object_at(object, dotted.substr(0, dot)), dotted.substr(dot + 1), std::move(value));
}

std::optional<ScalePaths> ServedKinds::scale_paths(const ResourcePath& path) const {
  if (is_known(path)) {
    if (!has_scale_subresource(path)) return std::nullopt;
    return ScalePaths{"spec.replicas", "status.replicas", ""};
  }
  const auto definition =
      store_.get({std::string(kDefinitions), "", path.resource + "." + path.group});
  if (!definition) return std::nullopt;
  const auto* version = served_version(*definition, path.version);
  const auto* scale = version == nullptr ? nullptr : scale_of_version(*version);
  if (scale == nullptr) return std::nullopt;
  return ScalePaths{json_path(*scale, "specReplicasPath"), json_path(*scale, "statusReplicasPath"),
                    json_path(*scale, "labelSelectorPath")};
}

ApiResult<ApiAnswer> ServedKinds::discover(const std::string& group,
                                           const std::string& version) const {
  json::array resources;
  for (const auto& known : known_resources(group, version)) {
    add(resources, known.resource, kind_of(known), !is_cluster_scoped(known),
        has_scale_subresource(known));
  }
  for (const auto& definition : store_.list(std::string(kDefinitions), "")) {
    if (text_field(*definition, {"spec", "group"}) != group) continue;
    const auto* served = served_version(*definition, version);
    if (served == nullptr) continue;
    add(resources, text_field(*definition, {"spec", "names", "plural"}),
        text_field(*definition, {"spec", "names", "kind"}),
        text_field(*definition, {"spec", "scope"}) == "Namespaced",
        scale_of_version(*served) != nullptr);
  }
  if (resources.empty()) {
    return refuse(kHttpNotFound, "NotFound", "the server could not find the requested resource");
  }
  return ApiAnswer{200,
                   {{"kind", "APIResourceList"},
                    {"groupVersion", group.empty() ? version : group + "/" + version},
                    {"resources", std::move(resources)}}};
}

}  // namespace ecokube::lab
