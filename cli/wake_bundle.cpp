#include "cli/wake_bundle.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <utility>

#include "cli/views.h"
#include "common/json_find.h"
#include "common/wake_bundle.h"
#include "common/whole_file.h"
#include "coordinator/power/bmc_access_json.h"
#include "coordinator/power/password.h"

namespace ecokube::cli {
namespace {

namespace json = boost::json;

std::vector<std::string> texts_in(const json::object& from, std::string_view key) {
  std::vector<std::string> texts;
  for (const auto& one : find_array(from, {key})) {
    if (one.is_string()) texts.emplace_back(one.get_string());
  }
  return texts;
}

BundleNode read_node(const json::object& from) {
  BundleNode node{text_at(from, "node"), {text_at(from, "address"), {}, core::WakeMethod::wol}};
  node.order.macs = texts_in(from, "macs");
  node.order.secure_on_file = text_at(from, "secure_on_file");
  const auto* raw = from.if_contains("raw");
  node.order.raw = raw == nullptr || !raw->is_bool() || raw->get_bool();
  const auto methods = texts_in(from, "methods");
  const auto packet = to_string(core::WakeMethod::wol);
  // A bundle of before says none.
  node.packets_may_wake_it = !from.contains("methods") || std::ranges::count(methods, packet) > 0;
  const auto* bmc = from.if_contains("bmc");
  if (bmc == nullptr || bmc->is_null()) return node;
  node.bmc = bmc->is_object()
                 ? bmc_access_in(node.node, bmc->get_object())
                 : Result<BmcAccess>(fail(Errc::invalid, "its \"bmc\" must be an object"));
  return node;
}

Result<std::vector<BundleNode>> read_bundle(const std::filesystem::path& file) {
  const auto text = read_whole_file(file);
  if (!text || text->empty()) {
    return fail(Errc::io, "can't read " + file.string() +
                              "; make it while all is well: ecoctl wake-bundle -o " +
                              file.string());
  }
  auto nodes = parse_bundle(*text);
  if (!nodes) return fail_while("reading " + file.string(), std::move(nodes.error()));
  return nodes;
}

bool others_may_change(const std::filesystem::path& file) {
  using std::filesystem::perms;
  std::error_code error;
  const auto mode = std::filesystem::status(file, error).permissions();
  return error || (mode & (perms::group_write | perms::others_write)) != perms::none;
}

void take_out_passwords(std::vector<BundleNode>& nodes) {
  std::vector<PasswordSource*> passwords;
  for (auto& node : nodes) {
    auto* password = node.bmc && *node.bmc ? password_of(**node.bmc) : nullptr;
    if (password != nullptr) passwords.push_back(password);
  }
  take_passwords(passwords);
}

}  // namespace

Result<std::vector<BundleNode>> parse_bundle(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) {
    return fail(Errc::invalid, "it is no JSON document of ecoctl wake-bundle");
  }
  const auto& object = value.get_object();
  if (const auto format = text_at(object, "format"); format != kWakeBundleFormat) {
    return fail(Errc::invalid, "its format is \"" + format + "\", and this ecoctl reads \"" +
                                   std::string(kWakeBundleFormat) + "\"");
  }
  std::vector<BundleNode> nodes;
  for (const auto& one : find_array(object, {"nodes"})) {
    if (one.is_object()) nodes.push_back(read_node(one.get_object()));
  }
  return nodes;
}

Result<std::vector<BundleNode>> wanted_nodes(const Command& command) {
  const auto& file = command.bundle;
  auto nodes = read_bundle(file);
  if (!nodes) return nodes;
  const bool has_bmc = std::ranges::any_of(*nodes, [](const auto& one) { return !!one.bmc; });
  if (has_bmc && others_may_change(file)) {
    return fail(Errc::config, "others may change " + file.string() +
                                  ", which says what is run and where passwords go: look whether "
                                  "it is as it was, then chmod 600 it");
  }
  take_out_passwords(*nodes);
  if (command.node.empty()) return nodes;
  std::erase_if(*nodes, [&](const BundleNode& one) { return one.node != command.node; });
  if (nodes->empty())
    return fail(Errc::not_found, file.string() + " knows no node " + command.node);
  return nodes;
}

}  // namespace ecokube::cli
