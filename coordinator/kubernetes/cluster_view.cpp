#include "coordinator/kubernetes/cluster_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/names.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

constexpr std::size_t index_of(Resource resource) { return static_cast<std::size_t>(resource); }

template <class Kube>
std::string key_of(const Kube& object) {
  return object.key();
}
std::string key_of(const core::KubeNode& node) { return node.name; }
std::string key_of(const core::KubePod& pod) { return pod.uid; }

template <class Kube>
core::Fact seen(Kube object) {
  return core::Seen<Kube>{std::move(object)};
}
core::Fact seen(core::KubeNode node) { return core::NodeSeen{std::move(node)}; }
core::Fact seen(core::KubePod pod) { return core::PodSeen{std::move(pod)}; }

template <class Kube>
core::Fact gone(const Kube& object) {
  return core::Gone<Kube>{key_of(object), object.revision};
}
core::Fact gone(const core::KubeNode& node) { return core::NodeDeleted{node.name, node.revision}; }
core::Fact gone(const core::KubePod& pod) { return core::PodDeleted{pod.uid, pod.revision}; }

/// What bounds nothing is as good as gone, so that it is not kept.
template <class Kube>
bool matters(const Kube& /*object*/) {
  return true;
}
bool matters(const core::KubeLocalVolume& volume) { return !volume.nodes.empty(); }
bool matters(const core::KubeService& service) { return !service.selector.empty(); }

}  // namespace

void ClusterView::list_begun(Resource resource) {
  listed_at_.at(index_of(resource)).reset();
  known_at_begin_.at(index_of(resource)) = highest_;
  with_kind(resource, [](auto& kind) { kind.kept.clear(); });
}

void ClusterView::item(Resource resource, const boost::json::object& thing) {
  tell_or_keep(resource, ChangeType::added, thing);
}

void ClusterView::listed(Resource resource, core::Revision revision) {
  listed_at_.at(index_of(resource)) = revision;
  fell_ = fell_ || revision < known_at_begin_.at(index_of(resource));
  saw(revision);
  const bool all = std::all_of(listed_at_.begin(), listed_at_.end(),
                               [](const auto& at) { return at.has_value(); });
  if (all && !synced_) tell_all();
}

void ClusterView::changed(Resource resource, ChangeType type, const boost::json::object& thing) {
  saw(revision_of(thing));
  tell_or_keep(resource, type, thing);
}

void ClusterView::bookmark(Resource, core::Revision revision) {
  saw(revision);
  if (synced_) sink_.observe(core::ClusterAlive{highest_});
}

void ClusterView::interrupted(Resource resource, const Error& why) {
  if (why.code != Errc::gone) lost(why);
  if (synced_) {
    log::info("kubernetes event=list_anew reason=\"{}\"", why.message);
    start_over(resource);
  }
}

void ClusterView::probed(core::Revision revision, core::Revision highest_when_sent) {
  if (!synced_) return;
  if (revision < highest_when_sent) {
    lost(Error{Errc::gone,
               fmt::format("the API server's revision fell from {} to {}: it was restored from an "
                           "older state; everything is listed anew",
                           highest_when_sent, revision)});
    fell_ = true;
    start_over(std::nullopt);
    return;
  }
  saw(revision);
  sink_.observe(core::ClusterAlive{highest_});
}

/// Also while lists are under way: they may have begun in the other past.
void ClusterView::went_backwards() {
  lost(
      Error{Errc::gone, "the cluster was restored from an older state; everything is listed anew"});
  fell_ = true;
  start_over(std::nullopt);
}

void ClusterView::silent(const Error& why) {
  lost(why);
  if (synced_) start_over(std::nullopt);
}

void ClusterView::start_over(std::optional<Resource> except) {
  synced_ = false;
  for (std::size_t i = 0; i < kResources; ++i) list_begun(static_cast<Resource>(i));
  sink_.list_anew(except);
}

/// Once for each kind of failure: watches that fail for one cause are one event.
void ClusterView::lost(const Error& why) {
  if (lost_ == why.code) return;
  lost_ = why.code;
  log::warn("kubernetes event=lost reason=\"{}\"", why.message);
  sink_.observe(core::ClusterLost{why.message});
}

void ClusterView::tell_or_keep(Resource resource, ChangeType type,
                               const boost::json::object& thing) {
  if (resource == Resource::lease) return tell_freeze(type, thing);
  with_kind(resource, [&](auto& kind) { tell_or_keep(kind, type, thing); });
}

template <class Kube>
void ClusterView::tell_or_keep(Kind<Kube>& kind, ChangeType type,
                               const boost::json::object& thing) {
  auto object = kind.parse(thing);
  if (!object) {
    log::warn("kubernetes event=object_ignored reason=\"{}\"", object.error().message);
    return;
  }
  const bool there = type != ChangeType::deleted && matters(*object);
  if (synced_) return sink_.observe(there ? seen(std::move(*object)) : gone(*object));
  auto key = key_of(*object);
  if (there) {
    kind.kept.insert_or_assign(std::move(key), std::move(*object));
  } else {
    kind.kept.erase(key);
  }
}

/// A Lease that was deleted says nothing of the freeze: who makes it anew carries the freeze over.
void ClusterView::tell_freeze(ChangeType type, const boost::json::object& lease) {
  const std::string text(annotation_of(lease, names::kFreeze));
  if (type == ChangeType::deleted || freeze_ == text) return;
  freeze_ = text;
  sink_.observe(core::FreezeSeen{text});
}

void ClusterView::tell_all() {
  synced_ = true;
  lost_.reset();
  core::ClusterListed all;
  all.went_backwards = std::exchange(fell_, false);
  if (all.went_backwards) {
    highest_ = 0;
    for (const auto& at : listed_at_) saw(at.value_or(0));
  }
  all.revision = highest_;
  const auto move_to_list = [&](auto& kind) {
    auto& list = all.*kind.list;
    list.reserve(kind.kept.size());
    for (auto& entry : kind.kept) list.push_back(std::move(entry.second));
    kind.kept.clear();
  };
  std::apply([&](auto&... kinds) { (move_to_list(kinds), ...); }, kinds_);
  log::info("kubernetes event=listed nodes={} pods={} revision={}", all.nodes.size(),
            all.pods.size(), all.revision);
  sink_.observe(std::move(all));
}

}  // namespace ecokube::kubernetes
