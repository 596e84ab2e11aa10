#include "coordinator/config_controller.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <span>

#include "common/pinned_tls.h"
#include "coordinator/power/password.h"
#include "coordinator/power/redfish_text.h"

namespace ecokube {
namespace {

using core::BmcOff;
using core::WakeMethod;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array kBmcKeys{"bmc_address",      "bmc_port", "bmc_user",    "bmc_password_file",
                              "bmc_password_env", "bmc_guid", "bmc_protocol"};
constexpr std::array kIpmiKeys{"bmc_cipher_suite"};
constexpr std::array kRedfishKeys{"bmc_auth", "bmc_ca", "bmc_fingerprint", "bmc_system"};
constexpr std::array kExecKeys{"exec_program", "exec_off", "exec_watts", "exec_env"};

bool has_any(const ConfigTable& table, std::span<const char* const> keys) {
  return std::ranges::any_of(keys, [&](const char* key) { return table.has(key); });
}

/// What another protocol's controllers are told.
template <std::size_t N>
void refuse(ConfigTable& table, const std::array<const char*, N>& keys, const char* protocol) {
  for (const auto* key : keys) {
    if (table.has(key))
      table.report(key, std::string("is for bmc_protocol = \"") + protocol + "\"");
  }
}

template <class Access>
void read_address(ConfigTable& table, std::uint16_t port, Access& bmc) {
  bmc.address.host = table.required_text("bmc_address");
  bmc.address.port = static_cast<std::uint16_t>(
      table.integer("bmc_port", port, 1, std::numeric_limits<std::uint16_t>::max()));
  bmc.user = table.required_text("bmc_user");
  bmc.password = {table.text("bmc_password_file", ""), table.text("bmc_password_env", "")};
  if (bmc.password.file.empty() == bmc.password.variable.empty()) {
    table.report("bmc_password_file", "give this or bmc_password_env, the name of a variable");
  } else if (bmc.password.file.empty() && !is_variable_name(bmc.password.variable)) {
    table.report("bmc_password_env",
                 "must be letters, digits and _, not beginning with a digit or ECOKUBE_");
  }
}

IpmiAccess read_ipmi(ConfigTable& table) {
  IpmiAccess bmc;
  read_address(table, kIpmiPort, bmc);
  bmc.cipher_suite = table.integer("bmc_cipher_suite", kCipherSuiteDefault, 1, kCipherSuiteMax);
  const bool option = bmc.address.host.starts_with('-') || bmc.user.starts_with('-');
  if (option) table.report("bmc_address", "neither it nor bmc_user may begin with '-'");
  return bmc;
}

void read_trust(ConfigTable& table, RedfishTrust& trust) {
  const auto fingerprint = table.text("bmc_fingerprint", "");
  trust.ca = table.text("bmc_ca", "");
  if (fingerprint.empty() == trust.ca.empty()) {
    table.report("bmc_fingerprint",
                 "give this or bmc_ca: one of them says which certificate is believed");
  }
  if (fingerprint.empty()) return;
  const auto parsed = parse_fingerprint(fingerprint);
  trust.fingerprint = parsed.value_or("");
  if (!parsed) {
    table.report("bmc_fingerprint",
                 "must be sha256: and 64 hexadecimal digits, or as openssl x509 -fingerprint "
                 "-sha256 prints it");
  }
}

RedfishAccess read_redfish(ConfigTable& table) {
  RedfishAccess bmc;
  read_address(table, kRedfishPort, bmc);
  read_trust(table, bmc.trust);
  bmc.system = table.text("bmc_system", "");
  if (!bmc.system.empty() && (!is_redfish_path(bmc.system) || bmc.system.ends_with('/'))) {
    table.report("bmc_system", "must be a path like /redfish/v1/Systems/1");
  }
  const auto auth = table.text("bmc_auth", "basic");
  bmc.session = auth == "session";
  if (auth != "session" && auth != "basic") table.report("bmc_auth", "must be basic or session");
  if (!bmc.session && bmc.user.find(':') != std::string::npos) {
    table.report("bmc_user", "may hold no ':' with bmc_auth = \"basic\"");
  }
  return bmc;
}

/// Whatever it is asked by.
void read_bmc(ConfigTable& table, const NodeName& name, core::NodeOverride& node,
              BmcOptions& bmcs) {
  node.bmc_guid = table.text("bmc_guid", "");
  node.bmc_address = table.text("bmc_address", "");
  const auto protocol = table.text("bmc_protocol", "ipmi");
  if (protocol == "redfish") {
    node.bmc_by = WakeMethod::redfish;
    bmcs.bmcs[name] = read_redfish(table);
    return refuse(table, kIpmiKeys, "ipmi");
  }
  if (protocol != "ipmi") table.report("bmc_protocol", "must be ipmi or redfish");
  bmcs.bmcs[name] = read_ipmi(table);
  refuse(table, kRedfishKeys, "redfish");
}

ExecAccess read_exec(ConfigTable& table, const NodeName& name) {
  ExecAccess exec{name, table.required_text("exec_program"), table.text_map("exec_env"), false};
  if (!exec.program.empty() && !exec.program.is_absolute()) {
    table.report("exec_program", "must be an absolute path; it is not searched for");
  }
  for (const auto& [variable, value] : exec.environment) {
    if (is_variable_name(variable) && value.find('\0') == std::string::npos) continue;
    table.report("exec_env", "\"" + variable +
                                 "\" is no name of a variable: letters, digits and _, not "
                                 "beginning with a digit or ECOKUBE_");
  }
  exec.may_cut_power = table.boolean("exec_off", false);
  exec.measures_power = table.boolean("exec_watts", false);
  return exec;
}

}  // namespace

void read_controller(ConfigTable& table, const NodeName& name, core::NodeOverride& node,
                     BmcOptions& bmcs) {
  const bool exec = has_any(table, kExecKeys);
  const bool bmc =
      has_any(table, kBmcKeys) || has_any(table, kIpmiKeys) || has_any(table, kRedfishKeys);
  node.bmc = exec || bmc;
  if (exec && bmc) {
    table.report("exec_program", "a node has one controller: bmc_address or this");
  }
  if (bmc) read_bmc(table, name, node, bmcs);
  if (exec) {
    const auto access = read_exec(table, name);
    node.bmc_by = WakeMethod::exec;
    node.bmc_off = access.may_cut_power ? BmcOff::configured : BmcOff::never;
    bmcs.bmcs[name] = access;
  }
}

void read_manners(ConfigTable& root, core::Policy& policy, BmcOptions& bmcs) {
  constexpr std::int64_t kAtOnceMax = 200;
  constexpr seconds kPowerIntervalMin{5};
  if (root.has("bmc") && root.has("ipmi")) root.report("ipmi", "is [bmc]'s older name: keep one");
  auto table = root.table(root.has("ipmi") ? "ipmi" : "bmc");
  auto& manners = bmcs.manners;
  bmcs.poll = table.seconds("poll_s", bmcs.poll, milliseconds(200), minutes(60));
  bmcs.poll_close = table.seconds("poll_close_s", bmcs.poll_close, milliseconds(100), bmcs.poll);
  bmcs.power_interval =
      table.seconds("power_interval_s", bmcs.power_interval, milliseconds(0), minutes(60));
  if (bmcs.power_interval.count() != 0 && bmcs.power_interval < kPowerIntervalMin) {
    table.report("power_interval_s", "must be 0 for never, or 5 and more");
  }
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
  policy.bmc_power_interval = bmcs.power_interval;
}

namespace {

std::string text_of(const IpmiAccess& bmc) {
  return "BMC " + bmc.address.text() + " as " + bmc.user;
}

std::string text_of(const RedfishAccess& bmc) {
  return "BMC " + bmc.address.text() + " as " + bmc.user + ", certificate by " +
         (bmc.trust.ca.empty() ? bmc.trust.fingerprint : bmc.trust.ca.string());
}

std::string text_of(const ExecAccess& exec) {
  return "program " + exec.program.string() + (exec.may_cut_power ? ", which may cut power" : "");
}

}  // namespace

std::string describe_controller(const BmcAccess& access) {
  return std::visit([](const auto& one) { return text_of(one); }, access);
}

}  // namespace ecokube
