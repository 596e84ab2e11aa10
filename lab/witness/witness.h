#pragma once

#include <memory>

#include "common/json_lines.h"
#include "lab/controller_process.h"

namespace ecokube::lab {

/// Watches pods, nodes and Deployments and writes to `truth` what the lab's double of an API server
/// writes about its own commits. The times are those at which the watch brought them.
[[nodiscard]] std::shared_ptr<Controller> make_witness(
    std::shared_ptr<kubernetes::ApiClient> client, boost::asio::any_io_executor executor,
    JsonLines truth);

}  // namespace ecokube::lab
