#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "coordinator/power/bmc_access.h"
#include "coordinator/power/management_controller.h"

namespace ecokube {

/// A program of the user's, called with on, off or status as its only argument, without a shell.
/// It is killed with all its children at a call's limit. It knows no soft off.
[[nodiscard]] std::unique_ptr<ManagementController> make_exec_program(
    boost::asio::any_io_executor executor, ExecAccess access);

}  // namespace ecokube
