#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "coordinator/power/ipmitool_text.h"

namespace ecokube {

/// One call of the program ipmitool, which is killed at `limit`; its output. The password goes by
/// its file alone, which must be a regular one that only its owner may read. Errors are those of
/// ipmitool_error(), timeout, config (the password file) and io (the program can't be started).
[[nodiscard]] boost::asio::awaitable<Result<std::string>> call_ipmitool(
    boost::asio::any_io_executor executor, IpmiAccess bmc, BmcVerb verb,
    std::chrono::milliseconds limit);

/// A BMC, by one such call for each.
[[nodiscard]] std::unique_ptr<ManagementController> make_ipmitool(
    boost::asio::any_io_executor executor, IpmiAccess bmc);

}  // namespace ecokube
