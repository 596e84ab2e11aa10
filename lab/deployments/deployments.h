#pragma once

#include <chrono>
#include <memory>

#include "lab/controller_process.h"

namespace ecokube::lab {

struct DeploymentsOptions {
  std::chrono::milliseconds node_grace{8000};     ///< without a renewed Lease → Ready=Unknown
  std::chrono::milliseconds give_up_after{5000};  ///< not ready for so long → pods are deleted
};

/// Makes and deletes pods as Deployments ask, finds nodes that fell silent, and deletes the pods
/// that were on them. Keeps the status of disruption budgets.
[[nodiscard]] std::shared_ptr<Controller> make_deployments(
    std::shared_ptr<kubernetes::ApiClient> client, boost::asio::any_io_executor executor,
    DeploymentsOptions options);

}  // namespace ecokube::lab
