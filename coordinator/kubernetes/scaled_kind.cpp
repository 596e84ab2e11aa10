#include "coordinator/kubernetes/scaled_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "common/http_client.h"
#include "coordinator/core/cluster_facts.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {

std::string ScaledKind::key() const { return core::kind_key(core::group_of(api_version), kind); }

std::string ScaledKind::collection() const { return discovery_path(api_version) + "/" + plural; }

std::string ScaledKind::object(const std::string& ns, const std::string& name) const {
  return fmt::format("{}/namespaces/{}/{}/{}", discovery_path(api_version), percent_encode(ns),
                     plural, percent_encode(name));
}

std::string discovery_path(const std::string& api_version) {
  const bool core_group = api_version.find('/') == std::string::npos;
  return (core_group ? "/api/" : "/apis/") + api_version;
}

std::optional<ScaledKind> built_in_kind(const std::string& api_version, const std::string& kind) {
  using By = ScaledKind::By;
  const auto is = [&](const char* version, const char* name) {
    return api_version == version && kind == name;
  };
  if (is("apps/v1", "Deployment")) {
    return ScaledKind{api_version, kind, "deployments", By::scale_subresource, true};
  }
  if (is("apps/v1", "StatefulSet")) {
    return ScaledKind{api_version, kind, "statefulsets", By::scale_subresource, true};
  }
  if (is("apps/v1", "ReplicaSet")) {
    return ScaledKind{api_version, kind, "replicasets", By::scale_subresource, true};
  }
  if (is("batch/v1", "Job")) return ScaledKind{api_version, kind, "jobs", By::parallelism, true};
  return std::nullopt;
}

Result<ScaledKind> find_kind(const boost::json::object& resource_list,
                             const std::string& api_version, const std::string& kind) {
  const auto& resources = find_array(resource_list, {"resources"});
  ScaledKind found{api_version, kind, "", ScaledKind::By::scale_subresource, false};
  bool namespaced = false;
  for (const auto& entry : resources) {
    const auto* resource = entry.if_object();
    if (resource == nullptr || find_text(*resource, {"kind"}) != kind) continue;
    const auto name = find_text(*resource, {"name"});
    if (name.find('/') != std::string_view::npos) continue;  // its status has the same kind
    found.plural = name;
    namespaced = find_bool(*resource, {"namespaced"});
  }
  if (found.plural.empty()) {
    return fail(Errc::not_found, fmt::format("the API server has no {} in {}", kind, api_version));
  }
  const auto scale = found.plural + "/scale";
  const bool scalable = std::any_of(resources.begin(), resources.end(), [&](const auto& entry) {
    return entry.is_object() && find_text(entry.get_object(), {"name"}) == scale;
  });
  if (!scalable) {
    return fail(Errc::unsupported,
                fmt::format("{} in {} has no scale subresource", found.plural, api_version));
  }
  if (!namespaced) {
    return fail(Errc::unsupported,
                fmt::format("{} in {} are in no namespace", found.plural, api_version));
  }
  return found;
}

}  // namespace ecokube::kubernetes
