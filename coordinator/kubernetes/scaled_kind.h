#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "common/error.h"

namespace ecokube::kubernetes {

/// An object that a scaler names: KEDA's scaleTargetRef.
struct ScaleTarget {
  std::string api_version;  ///< "apps/v1"
  std::string kind;
  std::string ns;
  std::string name;
};

/// A kind that can be scaled, and where the API server has it.
struct ScaledKind {
  enum class By { scale_subresource, parallelism };

  std::string api_version;
  std::string kind;
  std::string plural;  ///< "deployments"
  By by = By::scale_subresource;
  /// Its objects have replicas, selector and pod template where Deployments have them. Of others
  /// only /scale tells.
  bool typed = false;

  [[nodiscard]] std::string key() const;         ///< core::kind_key()
  [[nodiscard]] std::string collection() const;  ///< "/apis/apps/v1/deployments"
  [[nodiscard]] std::string object(const std::string& ns, const std::string& name) const;
};

/// Where the API server says which resources it has of a group and version.
[[nodiscard]] std::string discovery_path(const std::string& api_version);

/// Deployment, StatefulSet, ReplicaSet and Job, which every server has; nullopt: must be looked up.
[[nodiscard]] std::optional<ScaledKind> built_in_kind(const std::string& api_version,
                                                      const std::string& kind);

/// From the answer to discovery_path(). Errc::not_found: this kind is not served there;
/// Errc::unsupported: it has no scale subresource, or is in no namespace.
[[nodiscard]] Result<ScaledKind> find_kind(const boost::json::object& resource_list,
                                           const std::string& api_version, const std::string& kind);

}  // namespace ecokube::kubernetes
