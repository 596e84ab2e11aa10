#include "common/wake_bundle.h"
#include "coordinator/api/json.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube {

namespace json = boost::json;

json::object wake_bundle_json(const Fleet& fleet, const std::map<NodeName, json::object>& bmcs) {
  json::array nodes;
  for (const auto& [name, node] : fleet.world().nodes) {
    const auto order = core::wake_order(node, fleet.policy(), core::WakeMethod::wol);
    json::array macs;
    for (const auto& mac : order.macs) macs.emplace_back(mac);
    json::array methods;
    for (const auto method : core::wake_methods(node, fleet.policy())) {
      methods.emplace_back(to_string(method));
    }
    json::object entry{{"node", name},
                       {"address", order.address},
                       {"macs", std::move(macs)},
                       {"raw", order.raw},
                       {"methods", std::move(methods)}};
    const auto& secret = order.secure_on_file;
    entry["secure_on_file"] = secret.empty() ? json::value() : json::value(secret);
    const auto bmc = bmcs.find(name);
    entry["bmc"] = bmc != bmcs.end() ? json::value(bmc->second) : json::value();
    nodes.emplace_back(std::move(entry));
  }
  return {{"format", kWakeBundleFormat}, {"nodes", std::move(nodes)}};
}

}  // namespace ecokube
