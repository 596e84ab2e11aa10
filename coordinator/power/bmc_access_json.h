#pragma once

#include <boost/json/object.hpp>

#include "common/error.h"
#include "coordinator/power/bmc_access.h"

// How a management controller is reached, as it stands in the bundle of `ecoctl wake --offline`:
// {"protocol": "ipmi" | "redfish" | "exec", ...}, the other keys named as in the configuration,
// without their "bmc_" and "exec_".
namespace ecokube {

/// Where the password is, never the password. Paths are made absolute: who reads them may stand in
/// another folder.
[[nodiscard]] boost::json::object bmc_access_json(const BmcAccess& access);

/// Of `node`. Whoever can write the file wrote this, so nothing in it is taken on trust. invalid:
/// the key, and what it must be.
[[nodiscard]] Result<BmcAccess> bmc_access_in(const NodeName& node,
                                              const boost::json::object& document);

}  // namespace ecokube
