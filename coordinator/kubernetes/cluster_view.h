#pragma once

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/error.h"
#include "coordinator/core/observation.h"
#include "coordinator/kubernetes/objects.h"
#include "coordinator/kubernetes/watch_events.h"

namespace ecokube::kubernetes {

enum class Resource : std::size_t {
  nodes,
  pods,
  budgets,
  attachments,
  local_volumes,
  autoscalers,
  services,
  lease  ///< the one, for its freeze annotation
};
inline constexpr std::size_t kResources = 8;

/// A kind of object: how it is read, and where it stands in the list of everything.
template <class Kube>
struct Kind {
  Resource resource;
  Result<Kube> (*parse)(const boost::json::object& thing);
  std::vector<Kube> core::ClusterListed::* list;
  std::map<std::string, Kube> kept{};  ///< only filled between the first list and the last
};

/// Joins the watched resources into one consistent stream of facts: nothing is said before all of
/// them were listed, then one ClusterListed and single changes after it. When one of them must be
/// listed anew, all are: one rule, and no mixture of old and new. The freeze stands apart: it is
/// said when it is seen, so before all else. No I/O.
class ClusterView {
 public:
  struct Sink {
    std::function<void(core::Fact)> observe;
    /// Lists every resource anew, except the one that is already doing so.
    std::function<void(std::optional<Resource> except)> list_anew;
  };
  explicit ClusterView(Sink sink) : sink_(std::move(sink)) {}

  void list_begun(Resource resource);
  void item(Resource resource, const boost::json::object& thing);
  void listed(Resource resource, core::Revision revision);
  void changed(Resource resource, ChangeType type, const boost::json::object& thing);
  void bookmark(Resource resource, core::Revision revision);
  /// The watch of `resource` ended for good and it lists anew, or a list failed. With Errc::gone
  /// the view is only old; with any other error the cluster is lost.
  void interrupted(Resource resource, const Error& why);

  /// A probe that was sent when highest_revision() was `highest_when_sent` answered `revision`.
  /// A revision that fell means another past (a restored etcd): everything is listed anew.
  void probed(core::Revision revision, core::Revision highest_when_sent);
  /// Something else proved the same.
  void went_backwards();
  /// The server does not answer probes: what the watches do not say is not known any more.
  void silent(const Error& why);

  /// A write of our own was answered with `revision`.
  void wrote(core::Revision revision) { saw(revision); }

  [[nodiscard]] core::Revision highest_revision() const { return highest_; }
  [[nodiscard]] bool synced() const { return synced_; }

 private:
  void start_over(std::optional<Resource> except);
  void lost(const Error& why);
  template <class Do>
  void with_kind(Resource resource, const Do& act) {
    const auto one = [&](auto& kind) {
      if (kind.resource == resource) act(kind);
    };
    std::apply([&](auto&... kinds) { (one(kinds), ...); }, kinds_);
  }
  void tell_or_keep(Resource resource, ChangeType type, const boost::json::object& thing);
  template <class Kube>
  void tell_or_keep(Kind<Kube>& kind, ChangeType type, const boost::json::object& thing);
  void tell_freeze(ChangeType type, const boost::json::object& lease);
  void tell_all();
  void saw(core::Revision revision) { highest_ = std::max(highest_, revision); }

  Sink sink_;
  bool synced_ = false;
  std::optional<Errc> lost_;
  core::Revision highest_ = 0;
  std::array<std::optional<core::Revision>, kResources> listed_at_{};
  std::array<core::Revision, kResources> known_at_begin_{};
  bool fell_ = false;  // the coming list is of another past, however high its revision is by now
  std::optional<std::string> freeze_;
  std::tuple<Kind<core::KubeNode>, Kind<core::KubePod>, Kind<core::KubeBudget>,
             Kind<core::KubeAttachment>, Kind<core::KubeLocalVolume>, Kind<core::KubeAutoscaler>,
             Kind<core::KubeService>>
      kinds_{{Resource::nodes, parse_node, &core::ClusterListed::nodes},
             {Resource::pods, parse_pod, &core::ClusterListed::pods},
             {Resource::budgets, parse_budget, &core::ClusterListed::budgets},
             {Resource::attachments, parse_attachment, &core::ClusterListed::attachments},
             {Resource::local_volumes, parse_local_volume, &core::ClusterListed::local_volumes},
             {Resource::autoscalers, parse_autoscaler, &core::ClusterListed::autoscalers},
             {Resource::services, parse_service, &core::ClusterListed::services}};
};

}  // namespace ecokube::kubernetes
