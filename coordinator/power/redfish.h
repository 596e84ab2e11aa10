#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "coordinator/power/bmc_access.h"
#include "coordinator/power/management_controller.h"

namespace ecokube {

/// A BMC by Redfish over HTTPS. The password is read from its file for each login (basic: each
/// request). At the limit of a call its connection is closed.
[[nodiscard]] std::unique_ptr<ManagementController> make_redfish(
    boost::asio::any_io_executor executor, RedfishAccess access);

}  // namespace ecokube
