#pragma once

#include <memory>

#include "lab/controller_process.h"

namespace ecokube::lab {

/// Binds waiting pods to nodes, or says on them why it can't, at each change of a pod or node.
[[nodiscard]] std::shared_ptr<Controller> make_scheduler(
    std::shared_ptr<kubernetes::ApiClient> client, boost::asio::any_io_executor executor);

}  // namespace ecokube::lab
