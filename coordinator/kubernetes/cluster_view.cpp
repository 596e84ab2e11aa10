#include "coordinator/kubernetes/cluster_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::kubernetes {
namespace {

constexpr std::size_t index_of(Resource resource) { return static_cast<std::size_t>(resource); }

template <class T>
void keep(std::map<std::string, T>& things, ChangeType type, const std::string& key, T& thing) {
  if (type == ChangeType::deleted) {
    things.erase(key);
  } else {
    things[key] = std::move(thing);
  }
}

template <class T>
std::vector<T> take_values(std::map<std::string, T>& things) {
  std::vector<T> values;
  values.reserve(things.size());
  for (auto& entry : things) values.push_back(std::move(entry.second));
  things.clear();
  return values;
}

}  // namespace

void ClusterView::list_begun(Resource resource) {
  listed_at_.at(index_of(resource)).reset();
  known_at_begin_.at(index_of(resource)) = highest_;
  switch (resource) {
    case Resource::nodes: nodes_.clear(); break;
    case Resource::pods: pods_.clear(); break;
    case Resource::workloads: workloads_.clear(); break;
  }
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
    start_over(std::nullopt);
    return;
  }
  saw(revision);
  sink_.observe(core::ClusterAlive{highest_});
}

void ClusterView::silent(const Error& why) {
  lost(why);
  if (synced_) start_over(std::nullopt);
}

void ClusterView::start_over(std::optional<Resource> except) {
  synced_ = false;
  for (const auto resource : {Resource::nodes, Resource::pods, Resource::workloads}) {
    list_begun(resource);
  }
  sink_.list_anew(except);
}

/// Once for each kind of failure: three watches that fail for one cause are one event.
void ClusterView::lost(const Error& why) {
  if (lost_ == why.code) return;
  lost_ = why.code;
  log::warn("kubernetes event=lost reason=\"{}\"", why.message);
  sink_.observe(core::ClusterLost{why.message});
}

void ClusterView::tell_or_keep(Resource resource, ChangeType type,
                               const boost::json::object& thing) {
  const auto refuse = [](const Error& error) {
    log::warn("kubernetes event=object_ignored reason=\"{}\"", error.message);
  };
  const bool deleted = type == ChangeType::deleted;
  if (resource == Resource::nodes) {
    auto node = parse_node(thing);
    if (!node) return refuse(node.error());
    if (!synced_) return keep(nodes_, type, std::string(node->name), *node);
    if (deleted) return sink_.observe(core::NodeDeleted{node->name, node->revision});
    return sink_.observe(core::NodeSeen{std::move(*node)});
  }
  if (resource == Resource::pods) {
    auto pod = parse_pod(thing);
    if (!pod) return refuse(pod.error());
    if (!synced_) return keep(pods_, type, std::string(pod->uid), *pod);
    if (deleted) return sink_.observe(core::PodDeleted{pod->uid, pod->revision});
    return sink_.observe(core::PodSeen{std::move(*pod)});
  }
  auto workload = parse_workload(thing);
  if (!workload) return refuse(workload.error());
  if (!synced_) return keep(workloads_, type, workload->key(), *workload);
  if (deleted) return sink_.observe(core::WorkloadDeleted{workload->key(), workload->revision});
  sink_.observe(core::WorkloadSeen{std::move(*workload)});
}

void ClusterView::tell_all() {
  synced_ = true;
  lost_.reset();
  if (fell_) {
    highest_ = 0;
    for (const auto& at : listed_at_) saw(at.value_or(0));
    fell_ = false;
  }
  core::ClusterListed all{highest_, take_values(nodes_), take_values(pods_),
                          take_values(workloads_)};
  log::info("kubernetes event=listed nodes={} pods={} workloads={} revision={}", all.nodes.size(),
            all.pods.size(), all.workloads.size(), all.revision);
  sink_.observe(std::move(all));
}

}  // namespace ecokube::kubernetes
