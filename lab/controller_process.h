#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

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
  std::string log_level = "info";
};

using MakeController = std::function<std::shared_ptr<Controller>(
    std::shared_ptr<kubernetes::ApiClient>, boost::asio::any_io_executor)>;

/// Runs one controller until SIGTERM or SIGINT. Returns the process's exit code: 2 when the
/// configuration is wrong, said in one line on standard error.
[[nodiscard]] int run_controller(const std::string& program, const ControllerOptions& options,
                                 const MakeController& make);

}  // namespace ecokube::lab
