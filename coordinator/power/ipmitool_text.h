#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/units.h"
#include "coordinator/power/bmc_access.h"
#include "coordinator/power/management_controller.h"

// What ipmitool is asked and what it answers, as text: no process is started here.
namespace ecokube {

/// argv. A BMC that does not answer costs two seconds. The session asks for no more than operator.
[[nodiscard]] std::vector<std::string> ipmitool_command(const IpmiAccess& bmc, BmcVerb verb);

/// What a failed call's output says, of `bmc`:
/// unreachable (nobody answers), unauthorized (user or password), forbidden (the user may not),
/// busy (out of sessions or of time), unsupported (cipher suite or command), conflict (not while
/// the machine is as it is), refused (any other answer that is a no).
[[nodiscard]] Error ipmitool_error(const IpmiAccess& bmc, BmcVerb verb, std::string_view output);

/// True: the chassis is on. protocol: the output does not say.
[[nodiscard]] Result<bool> power_in(std::string_view output);

/// The 16 bytes of the BMC's GUID in hexadecimal, in the order in which they came.
[[nodiscard]] Result<std::string> guid_in(std::string_view output);

/// What DCMI's power reading says that the machine draws now; its mean over a period is no answer.
/// refused: readings are deactivated, or it is a figure that stands for none. protocol: the output
/// does not say.
[[nodiscard]] Result<Power> watts_in(std::string_view output);

}  // namespace ecokube
