#include "coordinator/config_nodes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

namespace ecokube {
namespace {

using core::WakeMethod;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array kBmcKeys{"bmc_address",       "bmc_port",         "bmc_user",
                              "bmc_password_file", "bmc_cipher_suite", "bmc_guid"};
constexpr std::int64_t kCipherSuiteMax = 17;

IpmiAccess read_bmc(ConfigTable& table) {
  IpmiAccess bmc;
  bmc.address.host = table.required_text("bmc_address");
  bmc.address.port = static_cast<std::uint16_t>(
      table.integer("bmc_port", kIpmiPort, 1, std::numeric_limits<std::uint16_t>::max()));
  bmc.user = table.required_text("bmc_user");
  bmc.password_file = table.required_text("bmc_password_file");
  // 0 proves no password.
  bmc.cipher_suite = table.integer("bmc_cipher_suite", kCipherSuiteDefault, 1, kCipherSuiteMax);
  const bool option = bmc.address.host.starts_with('-') || bmc.user.starts_with('-');
  if (option) table.report("bmc_address", "neither it nor bmc_user may begin with '-'");
  return bmc;
}

std::vector<WakeMethod> read_methods(ConfigTable& table, bool bmc) {
  std::vector<WakeMethod> methods;
  for (const auto& word : table.texts("methods")) {
    if (word != "wol" && word != "ipmi") {
      table.report("methods", "\"" + word + "\" is neither wol nor ipmi");
      continue;
    }
    const auto method = word == "wol" ? WakeMethod::wol : WakeMethod::ipmi;
    if (method == WakeMethod::ipmi && !bmc) table.report("methods", "ipmi needs a bmc_address");
    if (std::find(methods.begin(), methods.end(), method) != methods.end()) {
      table.report("methods", word + " stands twice");
    }
    methods.push_back(method);
  }
  if (table.has("methods") && methods.empty()) table.report("methods", "name at least one");
  return methods;
}

}  // namespace

void read_nodes(ConfigTable& root, core::Policy& policy, BmcOptions& bmcs) {
  for (auto& table : root.tables("node")) {
    const auto name = table.required_text("name");
    if (!is_node_name(name)) table.report("name", "must be a node's name in lower case");
    if (policy.nodes.contains(name)) table.report("name", "the name " + name + " stands twice");
    auto& node = policy.nodes[name];
    node.wake_address = table.text("address", "");
    node.bmc = std::any_of(kBmcKeys.begin(), kBmcKeys.end(),
                           [&](const char* key) { return table.has(key); });
    if (node.bmc) {
      bmcs.bmcs[name] = read_bmc(table);
      node.bmc_guid = table.text("bmc_guid", "");
    }
    node.methods = read_methods(table, node.bmc);
  }
}

void read_manners(ConfigTable table, core::Policy& policy, BmcOptions& bmcs) {
  constexpr std::int64_t kAtOnceMax = 200;
  auto& manners = bmcs.manners;
  bmcs.poll = table.seconds("poll_s", bmcs.poll, milliseconds(200), minutes(60));
  bmcs.poll_close = table.seconds("poll_close_s", bmcs.poll_close, milliseconds(100), bmcs.poll);
  manners.call_limit = table.seconds("call_limit_s", manners.call_limit, seconds(1), seconds(60));
  manners.order_spacing =
      table.seconds("order_spacing_s", manners.order_spacing, milliseconds(0), seconds(600));
  manners.backoff_base =
      table.seconds("backoff_s", manners.backoff_base, milliseconds(100), minutes(10));
  manners.backoff_max =
      table.seconds("backoff_max_s", std::max(manners.backoff_max, manners.backoff_base),
                    manners.backoff_base, minutes(60));
  manners.reads_at_once = static_cast<std::size_t>(table.integer(
      "reads_at_once", static_cast<std::int64_t>(manners.reads_at_once), 1, kAtOnceMax));
  manners.orders_at_once = static_cast<std::size_t>(table.integer(
      "orders_at_once", static_cast<std::int64_t>(manners.orders_at_once), 1, kAtOnceMax));
  policy.bmc_poll = bmcs.poll;
  policy.bmc_poll_close = bmcs.poll_close;
}

std::string describe_node(const core::NodeOverride& node, const BmcAccess* bmc) {
  auto methods = node.methods;
  if (methods.empty()) methods.push_back(WakeMethod::wol);
  if (node.methods.empty() && bmc != nullptr) methods.push_back(WakeMethod::ipmi);
  std::string text;
  for (const auto method : methods) {
    text += (text.empty() ? "" : ", then ") + std::string(to_string(method));
  }
  if (const auto* ipmi = bmc == nullptr ? nullptr : std::get_if<IpmiAccess>(bmc)) {
    text += "; BMC " + ipmi->address.text() + " as " + ipmi->user;
  }
  return text;
}

}  // namespace ecokube
