#include "coordinator/config_nodes.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "coordinator/config_controller.h"
#include "coordinator/config_inrush.h"
#include "coordinator/config_names.h"

namespace ecokube {
namespace {

using core::WakeMethod;

constexpr std::array kMethods{WakeMethod::wol, WakeMethod::ipmi, WakeMethod::redfish,
                              WakeMethod::exec};

std::string_view what_it_needs(WakeMethod method) {
  switch (method) {
    case WakeMethod::wol: return "nothing";
    case WakeMethod::ipmi: return "a bmc_address with bmc_protocol = \"ipmi\", the default";
    case WakeMethod::redfish: return "a bmc_address with bmc_protocol = \"redfish\"";
    case WakeMethod::exec: return "an exec_program";
  }
  return "?";
}

std::vector<WakeMethod> read_methods(ConfigTable& table, const core::NodeOverride& node) {
  std::vector<WakeMethod> methods;
  for (const auto& word : table.texts("methods")) {
    const auto method = std::ranges::find(
        kMethods, word, [](WakeMethod known) { return std::string(to_string(known)); });
    if (method == kMethods.end()) {
      table.report("methods", "\"" + word + "\" is none of wol, ipmi, redfish and exec");
      continue;
    }
    if (core::by_bmc(*method) && (!node.bmc || node.bmc_by != *method)) {
      table.report("methods", word + " needs " + std::string(what_it_needs(*method)));
    }
    if (std::ranges::count(methods, *method) > 0) table.report("methods", word + " stands twice");
    methods.push_back(*method);
  }
  if (table.has("methods") && methods.empty()) table.report("methods", "name at least one");
  return methods;
}

}  // namespace

void read_nodes(ConfigTable& root, core::Policy& policy, BmcOptions& bmcs) {
  for (auto& table : root.tables("node")) {
    const auto name = table.required_text("name");
    if (!is_node_name(name)) table.report("name", "must be a node's name in lower case");
    refuse_second(table, "name", name, policy.nodes);
    auto& node = policy.nodes[name];
    node.wake_address = table.text("address", "");
    node.secure_on_file = table.text("secure_on_file", "");
    if (!node.secure_on_file.empty() && !std::filesystem::path(node.secure_on_file).is_absolute()) {
      table.report("secure_on_file",
                   "must be an absolute path; ecoctl wake --offline reads it too");
    }
    node.power_domain = table.text("power_domain", "");
    node.peak = read_peak(table);
    read_controller(table, name, node, bmcs);
    node.methods = read_methods(table, node);
  }
  read_manners(root, policy, bmcs);
}

std::string describe_node(const core::NodeOverride& node, const BmcAccess* bmc) {
  auto methods = node.methods;
  if (methods.empty()) methods.push_back(WakeMethod::wol);
  if (node.methods.empty() && bmc != nullptr) methods.push_back(node.bmc_by);
  std::string text;
  for (const auto method : methods) {
    text += (text.empty() ? "" : ", then ") + std::string(to_string(method));
  }
  if (!node.secure_on_file.empty()) text += "; SecureOn by " + node.secure_on_file;
  if (bmc != nullptr) text += "; " + describe_controller(*bmc);
  return text;
}

}  // namespace ecokube
