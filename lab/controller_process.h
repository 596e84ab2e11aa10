#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "common/program.h"
#include "coordinator/kubernetes/api_client.h"

namespace ecokube::lab {

/// What watches an API server and acts on what it sees, for ever.
class Controller {
 public:
  virtual ~Controller() = default;
  virtual void start() = 0;
  /// Begins nothing new; a request under way may end.
  virtual void stop() = 0;
};

struct ControllerOptions {
  std::filesystem::path kubeconfig;
  std::string context;  ///< empty: the file's current one
};

/// Adds --kubeconfig, --context and --log-level.
void declare_controller(Program& program, ControllerOptions& options);

using MakeController = std::function<std::shared_ptr<Controller>(
    std::shared_ptr<kubernetes::ApiClient>, boost::asio::any_io_executor)>;

/// Runs one controller until SIGTERM or SIGINT. Errc::config when the kubeconfig is wrong.
[[nodiscard]] Result<void> run_controller(const ControllerOptions& options,
                                          const MakeController& make);

}  // namespace ecokube::lab
