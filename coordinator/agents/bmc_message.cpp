#include "coordinator/agents/bmc_message.h"

#include "common/bmc_values.h"
#include "common/ipv4_subnet.h"
#include "common/mac_address.h"
#include "coordinator/agents/message_bounds.h"

namespace ecokube {

Result<core::BmcFacts> read_bmc(const v1::Bmc& bmc) {
  const auto& address = bmc.address();
  if (!address.empty() && !parse_ipv4(address))
    return broken("BMC has an address that is not IPv4");
  if (!bmc.mac().empty() && !MacAddress::parse(bmc.mac())) return broken("BMC has an unusable MAC");
  if (!bmc.guid().empty() && !is_bmc_guid(bmc.guid())) return broken("BMC has an unusable GUID");
  if (bmc.vlan() > kVlanMax) return broken("BMC has a VLAN that is none");
  if (!is_text(bmc.address_source(), kIdMax) || !is_text(bmc.problem(), kSentenceMax)) {
    return broken("BMC has an unusable problem or source");
  }
  return core::BmcFacts{bmc.present(), address,    bmc.mac(),    bmc.address_source(),
                        bmc.vlan(),    bmc.guid(), bmc.problem()};
}

}  // namespace ecokube
