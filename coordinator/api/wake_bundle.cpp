#include "common/wake_bundle.h"
#include "coordinator/api/json.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube {

namespace json = boost::json;

json::object wake_bundle_json(const Fleet& fleet) {
  json::array nodes;
  for (const auto& [name, node] : fleet.world().nodes) {
    const auto order = core::wake_order(node, fleet.policy(), core::WakeMethod::wol);
    json::array macs;
    for (const auto& mac : order.macs) macs.emplace_back(mac);
    json::object one{{"node", name}, {"address", order.address}, {"macs", std::move(macs)}};
    if (!order.secure_on_file.empty()) one["secure_on_file"] = order.secure_on_file;
    nodes.push_back(std::move(one));
  }
  return {{"format", kWakeBundleFormat}, {"nodes", std::move(nodes)}};
}

}  // namespace ecokube
