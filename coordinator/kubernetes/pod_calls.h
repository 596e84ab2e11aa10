#pragma once

#include <boost/asio/awaitable.hpp>

#include "coordinator/kubernetes/cluster_calls.h"

// The calls of ClusterApi by which our own scheduler acts on a pod.
namespace ecokube::kubernetes {

/// refused: the server has said no, so that the pod is not bound by this call. Any other error says
/// nothing of whether it is.
[[nodiscard]] boost::asio::awaitable<Result<void>> bind_pod(Client client, core::BindPod bind);

/// Its condition PodScheduled; other conditions stay. `now` is the condition's time where it is
/// new.
[[nodiscard]] boost::asio::awaitable<Result<void>> report_pod(Client client,
                                                              core::ReportUnschedulable report,
                                                              TimePoint now);

}  // namespace ecokube::kubernetes
