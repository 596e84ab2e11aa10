#pragma once

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/error.h"
#include "coordinator/core/observation.h"
#include "coordinator/kubernetes/watch_events.h"

namespace ecokube::kubernetes {

enum class Resource : std::size_t { nodes, pods, workloads };
inline constexpr std::size_t kResources = 3;

/// Joins three watched resources into one consistent stream of facts: nothing is said before all
/// three were listed, then one ClusterListed and single changes after it. When one of them must be
/// listed anew, all are: one rule, and no mixture of old and new. No I/O.
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
  /// The server does not answer probes: what the watches do not say is not known any more.
  void silent(const Error& why);

  /// A write of our own was answered with `revision`.
  void wrote(core::Revision revision) { saw(revision); }

  [[nodiscard]] core::Revision highest_revision() const { return highest_; }
  [[nodiscard]] bool synced() const { return synced_; }

 private:
  void start_over(std::optional<Resource> except);
  void lost(const Error& why);
  void tell_or_keep(Resource resource, ChangeType type, const boost::json::object& thing);
  void tell_all();
  void saw(core::Revision revision) { highest_ = std::max(highest_, revision); }

  Sink sink_;
  bool synced_ = false;
  std::optional<Errc> lost_;
  core::Revision highest_ = 0;
  std::array<std::optional<core::Revision>, kResources> listed_at_{};
  std::array<core::Revision, kResources> known_at_begin_{};
  bool fell_ = false;  // a list is older than what was known when it was asked for
  // Only filled between the first list and the last.
  std::map<std::string, core::KubeNode> nodes_;
  std::map<std::string, core::KubePod> pods_;
  std::map<std::string, core::KubeWorkload> workloads_;
};

}  // namespace ecokube::kubernetes
