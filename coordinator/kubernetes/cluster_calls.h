#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "coordinator/core/step.h"
#include "coordinator/kubernetes/api_client.h"
#include "coordinator/kubernetes/scaled_kind.h"
#include "coordinator/ports.h"

// The single calls of ClusterApi. All parameters by value: they outlive the caller's.
namespace ecokube::kubernetes {

using Client = std::shared_ptr<ApiClient>;

/// Errc::conflict when the Node is not at the mark's expected revision any more.
[[nodiscard]] boost::asio::awaitable<Result<core::Revision>> mark_node(Client client, NodeName node,
                                                                       core::MarkNode mark,
                                                                       std::int64_t transition);
/// The same, of a node that is off.
[[nodiscard]] boost::asio::awaitable<Result<core::Revision>> mark_off_node(Client client,
                                                                           NodeName node,
                                                                           core::RecordOff off,
                                                                           std::int64_t transition);
/// Tried again a few times when somebody else writes the Node meanwhile.
[[nodiscard]] boost::asio::awaitable<Result<core::Revision>> unmark_node(Client client,
                                                                         NodeName node,
                                                                         core::UnmarkNode unmark);
/// conflict: it is not at that revision any more, or somebody else took it out of service.
[[nodiscard]] boost::asio::awaitable<Result<core::Revision>> take_out_of_service(
    Client client, NodeName node, core::Revision expected_revision);
/// Tried again a few times when somebody else writes the Node meanwhile.
[[nodiscard]] boost::asio::awaitable<Result<core::Revision>> put_in_service(Client client,
                                                                            NodeName node);
[[nodiscard]] boost::asio::awaitable<Result<core::Revision>> patch_node(Client client,
                                                                        NodeName node,
                                                                        boost::json::object patch);
/// Tried again a few times, as unmark_node.
[[nodiscard]] boost::asio::awaitable<Result<core::Revision>> write_soft_taint(
    Client client, NodeName node, core::SoftTaint taint);
/// All pages of the pods bound to `node`, none older than `min_revision`.
[[nodiscard]] boost::asio::awaitable<Result<ListedPods>> list_pods_on(Client client, NodeName node,
                                                                      core::Revision min_revision);
/// Asks for each pod, and goes on after a no to one of them; the first no is returned. refused: a
/// budget's. A pod that is gone, or another of the same name, is a success.
[[nodiscard]] boost::asio::awaitable<Result<void>> evict_pods(Client client,
                                                              std::vector<core::PodRef> pods);
/// Onto the Lease; empty text removes the annotation.
[[nodiscard]] boost::asio::awaitable<Result<void>> write_revocation(Client client, NodeName node,
                                                                    std::string text);
[[nodiscard]] boost::asio::awaitable<Result<void>> write_freeze(Client client, std::string text);
[[nodiscard]] boost::asio::awaitable<Result<void>> scale_workload(Client client, ScaledKind kind,
                                                                  core::ScaleWorkload target);

}  // namespace ecokube::kubernetes
