#include "coordinator/kubernetes/cluster_calls.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/node_changes.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::kubernetes {

namespace asio = boost::asio;
using boost::json::object;
using core::Revision;

namespace {

/// Somebody else may write a Node at the same time, again and again.
constexpr int kNodeWritesMax = 5;

std::string node_path(const NodeName& node) { return "/api/v1/nodes/" + percent_encode(node); }

object eviction_of(const core::PodRef& pod) {
  object preconditions;
  preconditions["uid"] = pod.uid;
  object options;
  options["preconditions"] = std::move(preconditions);
  object metadata;
  metadata["name"] = pod.name;
  metadata["namespace"] = pod.ns;
  object eviction;
  eviction["apiVersion"] = "policy/v1";
  eviction["kind"] = "Eviction";
  eviction["metadata"] = std::move(metadata);
  eviction["deleteOptions"] = std::move(options);
  return eviction;
}

/// Its UID is another, or it is no more. Servers tell a conflict's cause only in words.
bool is_gone(const Error& error) {
  return error.code == Errc::not_found ||
         (error.code == Errc::conflict && error.message.find("UID in ") != std::string::npos);
}

/// An answer about this one pod, by a budget or by an admission check; others may fare better.
bool is_no(const Error& error) {
  return error.code == Errc::refused || error.code == Errc::forbidden ||
         error.code == Errc::invalid || error.code == Errc::conflict;
}

asio::awaitable<Result<void>> evict_pod(Client client, core::PodRef pod) {
  boost::json::value body(eviction_of(pod));
  auto path = fmt::format("/api/v1/namespaces/{}/pods/{}/eviction", percent_encode(pod.ns),
                          percent_encode(pod.name));
  const auto answer = co_await client->create(std::move(path), std::move(body));
  if (answer || is_gone(answer.error())) co_return Result<void>{};
  auto error = answer.error();
  // The server calls this its own error, but it will say so each time.
  if (error.message.find("more than one PodDisruptionBudget") != std::string::npos) {
    error.code = Errc::refused;
  }
  co_return fail_while(fmt::format("evicting {}/{}", pod.ns, pod.name), std::move(error));
}

/// The Node as the decision saw it, or Errc::conflict.
asio::awaitable<Result<boost::json::value>> get_at(Client client, NodeName node,
                                                   Revision expected) {
  auto found = co_await client->get(node_path(node));
  if (!found) co_return found;
  const auto revision = revision_of(found->get_object());
  if (revision == expected) co_return found;
  co_return fail(Errc::conflict,
                 fmt::format("Node {} changed: it is at revision {}, the decision was made at {}",
                             node, revision, expected));
}

/// What is to be written on a Node as it is; nullopt: nothing.
using PatchOf = std::function<std::optional<object>(const object&)>;

/// Tried again a few times when somebody else writes the Node meanwhile.
asio::awaitable<Result<Revision>> change_node(Client client, NodeName node, PatchOf patch_of) {
  for (int attempt = 1;; ++attempt) {
    const auto found = co_await client->get(node_path(node));
    if (!found) co_return std::unexpected(found.error());
    auto patch = patch_of(found->get_object());
    if (!patch) co_return revision_of(found->get_object());
    auto written = co_await patch_node(client, node, std::move(*patch));
    const bool conflict = !written && written.error().code == Errc::conflict;
    if (!conflict || attempt >= kNodeWritesMax) co_return written;
  }
}

}  // namespace

asio::awaitable<Result<Revision>> mark_node(Client client, NodeName node, core::MarkNode mark,
                                            std::int64_t transition) {
  const auto found = co_await get_at(client, node, mark.expected_revision);
  if (!found) co_return std::unexpected(found.error());
  auto patch = mark_patch(found->get_object(), mark, transition);
  co_return co_await patch_node(client, std::move(node), std::move(patch));
}

asio::awaitable<Result<Revision>> mark_off_node(Client client, NodeName node, core::RecordOff off,
                                                std::int64_t transition) {
  const auto found = co_await get_at(client, node, off.mark->expected_revision);
  if (!found) co_return std::unexpected(found.error());
  auto patch = record_off_patch(found->get_object(), off, transition);
  co_return co_await patch_node(client, std::move(node), std::move(patch));
}

asio::awaitable<Result<Revision>> unmark_node(Client client, NodeName node,
                                              core::UnmarkNode unmark) {
  std::optional<std::string> intent;
  for (int attempt = 1;; ++attempt) {
    const auto found = co_await client->get(node_path(node));
    if (!found) co_return std::unexpected(found.error());
    const std::string present(annotation_of(found->get_object(), names::kIntent));
    if (intent && *intent != present && !present.empty()) {
      co_return fail(Errc::conflict, "Node " + node + " was marked anew meanwhile");
    }
    intent = present;
    auto patch = unmark_patch(found->get_object(), unmark);
    if (!patch) co_return revision_of(found->get_object());
    auto written = co_await patch_node(client, node, std::move(*patch));
    const bool conflict = !written && written.error().code == Errc::conflict;
    if (!conflict || attempt >= kNodeWritesMax) co_return written;
  }
}

asio::awaitable<Result<Revision>> take_out_of_service(Client client, NodeName node,
                                                      Revision expected_revision) {
  const auto found = co_await get_at(client, node, expected_revision);
  if (!found) co_return std::unexpected(found.error());
  auto patch = out_of_service_patch(found->get_object());
  if (!patch) co_return std::unexpected(patch.error());
  co_return co_await patch_node(client, std::move(node), std::move(*patch));
}

asio::awaitable<Result<Revision>> put_in_service(Client client, NodeName node) {
  PatchOf patch_of = in_service_patch;
  co_return co_await change_node(client, std::move(node), std::move(patch_of));
}

asio::awaitable<Result<Revision>> patch_node(Client client, NodeName node, object patch) {
  boost::json::value body(std::move(patch));
  const auto written = co_await client->merge_patch(node_path(node), std::move(body));
  if (!written) co_return std::unexpected(written.error());
  co_return revision_of(written->get_object());
}

asio::awaitable<Result<Revision>> write_soft_taint(Client client, NodeName node,
                                                   core::SoftTaint taint) {
  PatchOf patch_of = [taint](const object& now) { return soft_taint_patch(now, taint.present); };
  co_return co_await change_node(client, std::move(node), std::move(patch_of));
}

asio::awaitable<Result<ListedPods>> list_pods_on(Client client, NodeName node,
                                                 Revision min_revision) {
  constexpr std::size_t kPodsMax = 100'000;
  const auto base =
      fmt::format("/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3D{}", percent_encode(node));
  auto target = base;
  if (min_revision > 0) {
    target += fmt::format("&resourceVersion={}&resourceVersionMatch=NotOlderThan", min_revision);
  }
  ListedPods result;
  while (true) {
    const auto page = co_await client->get(target);
    if (!page) co_return std::unexpected(page.error());
    const auto& fields = page->get_object();
    result.revision = revision_of(fields);
    if (result.revision < min_revision || result.revision <= 0) {
      co_return fail(Errc::protocol, fmt::format("the list of pods on {} is of revision {}, older "
                                                 "than {} which was asked for",
                                                 node, result.revision, min_revision));
    }
    for (const auto& entry : find_array(fields, {"items"})) {
      static const object kNone;
      const auto* thing = entry.if_object();
      auto pod = parse_pod(thing != nullptr ? *thing : kNone);
      // A pod that can't be read may be work: the whole list is then no proof.
      if (!pod) co_return fail_while(fmt::format("listing pods on {}", node), pod.error());
      // The server filters; a server that does not must not fill this node with others' pods.
      if (pod->node == node) result.pods.push_back(std::move(*pod));
    }
    const auto next = find_text(fields, {"metadata", "continue"});
    if (next.empty()) co_return result;
    if (result.pods.size() > kPodsMax) co_return fail(Errc::too_large, "too many pods on a node");
    // With a continue token the revision is the first page's and must not be given again.
    target = base + "&continue=" + percent_encode(next);
  }
}

asio::awaitable<Result<void>> evict_pods(Client client, std::vector<core::PodRef> pods) {
  Result<void> result;
  for (const auto& pod : pods) {
    auto evicted = co_await evict_pod(client, pod);
    if (evicted) continue;
    if (!is_no(evicted.error())) co_return evicted;
    if (result) result = std::move(evicted);
  }
  co_return result;
}

asio::awaitable<Result<void>> write_revocation(Client client, NodeName node, std::string text) {
  auto path = fmt::format("/api/v1/nodes/{}", node);
  boost::json::value body(one_annotation(names::kRevoked, text));
  const auto written = co_await client->merge_patch(std::move(path), std::move(body));
  if (!written) co_return fail_while("recording the revocation of " + node, written.error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> write_freeze(Client client, std::string text) {
  auto path = fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases/{}",
                          names::kLeaseNamespace, names::kLeaseName);
  boost::json::value body(one_annotation(names::kFreeze, text));
  const auto written = co_await client->merge_patch(std::move(path), std::move(body));
  if (!written) co_return fail_while("recording the freeze", written.error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> scale_workload(Client client, ScaledKind kind,
                                             core::ScaleWorkload target) {
  const bool by_scale = kind.by == ScaledKind::By::scale_subresource;
  object spec;
  spec[by_scale ? "replicas" : "parallelism"] = target.replicas;
  object patch;
  patch["spec"] = std::move(spec);
  boost::json::value body(std::move(patch));
  auto path = kind.object(target.ns, target.name) + (by_scale ? "/scale" : "");
  const auto written = co_await client->merge_patch(std::move(path), std::move(body));
  if (!written) co_return std::unexpected(written.error());
  co_return Result<void>{};
}

}  // namespace ecokube::kubernetes
