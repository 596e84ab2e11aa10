#include "coordinator/power/bmc_access_json.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "common/json_find.h"
#include "common/one_line.h"
#include "common/pinned_tls.h"
#include "coordinator/power/password.h"
#include "coordinator/power/redfish_text.h"

namespace ecokube {
namespace {

namespace json = boost::json;

std::string absolute_text(const std::filesystem::path& path) {
  return path.empty() ? "" : std::filesystem::absolute(path).lexically_normal().string();
}

void put(json::object& document, std::string_view key, const std::string& text) {
  if (!text.empty()) document[key] = text;
}

/// What both protocols of BMCs have.
template <class Access>
json::object account_json(std::string_view protocol, const Access& bmc) {
  json::object document{{"protocol", protocol},
                        {"address", bmc.address.host},
                        {"port", bmc.address.port},
                        {"user", bmc.user}};
  put(document, "password_file", absolute_text(bmc.password.file));
  put(document, "password_env", bmc.password.variable);
  return document;
}

json::object document_of(const IpmiAccess& bmc) {
  auto document = account_json("ipmi", bmc);
  document["cipher_suite"] = bmc.cipher_suite;
  return document;
}

json::object document_of(const RedfishAccess& bmc) {
  auto document = account_json("redfish", bmc);
  put(document, "fingerprint", bmc.trust.fingerprint);
  put(document, "ca", absolute_text(bmc.trust.ca));
  put(document, "system", bmc.system);
  document["auth"] = bmc.session ? "session" : "basic";
  return document;
}

json::object document_of(const ExecAccess& exec) {
  json::object environment;
  for (const auto& [name, value] : exec.environment) environment[name] = value;
  return {
      {"protocol", "exec"}, {"program", exec.program.string()}, {"env", std::move(environment)}};
}

/// Reads one document, and keeps its first mistake.
class AccessReader {
 public:
  explicit AccessReader(const json::object& from) : from_(from) {}

  /// Empty where it is absent.
  std::string text(std::string_view key) {
    const auto* value = from_.if_contains(key);
    if (value == nullptr) return {};
    if (!value->is_string() || !is_one_line(value->get_string())) {
      refuse(key, "must be a text of one line");
      return {};
    }
    return std::string(value->get_string());
  }

  std::string required(std::string_view key) {
    auto found = text(key);
    if (found.empty()) refuse(key, "is missing");
    return found;
  }

  std::int64_t number(std::string_view key, std::int64_t fallback, std::int64_t most) {
    const auto* value = from_.if_contains(key);
    if (value == nullptr) return fallback;
    boost::system::error_code error;
    const auto number = value->is_number() ? value->to_number<std::int64_t>(error) : 0;
    if (!error && number >= 1 && number <= most) return number;
    refuse(key, fmt::format("must be a number from 1 to {}", most));
    return fallback;
  }

  void refuse(std::string_view key, std::string_view what) {
    if (mistake_.empty()) mistake_ = fmt::format("its bmc's \"{}\" {}", key, what);
  }

  Result<BmcAccess> end(BmcAccess access) const {
    if (!mistake_.empty()) return fail(Errc::invalid, mistake_);
    return access;
  }

 private:
  const json::object& from_;
  std::string mistake_;
};

template <class Access>
void read_account(AccessReader& in, std::uint16_t port, Access& bmc) {
  bmc.address.host = in.required("address");
  bmc.address.port = static_cast<std::uint16_t>(
      in.number("port", port, std::numeric_limits<std::uint16_t>::max()));
  bmc.user = in.required("user");
  bmc.password = {in.text("password_file"), in.text("password_env")};
  if (bmc.password.file.empty() == bmc.password.variable.empty()) {
    in.refuse("password_file", "or \"password_env\" must be there, and not both");
  } else if (bmc.password.file.empty() && !is_variable_name(bmc.password.variable)) {
    in.refuse("password_env", "is no name of a variable");
  }
}

Result<BmcAccess> ipmi_in(AccessReader& in) {
  IpmiAccess bmc;
  read_account(in, kIpmiPort, bmc);
  bmc.cipher_suite = in.number("cipher_suite", kCipherSuiteDefault, kCipherSuiteMax);
  if (bmc.address.host.starts_with('-')) in.refuse("address", "may not begin with '-'");
  if (bmc.user.starts_with('-')) in.refuse("user", "may not begin with '-'");
  return in.end(std::move(bmc));
}

Result<BmcAccess> redfish_in(AccessReader& in) {
  RedfishAccess bmc;
  read_account(in, kRedfishPort, bmc);
  const auto fingerprint = in.text("fingerprint");
  bmc.trust.ca = in.text("ca");
  if (fingerprint.empty() == bmc.trust.ca.empty()) {
    in.refuse("fingerprint", "or \"ca\" must be there, and not both");
  }
  const auto parsed = parse_fingerprint(fingerprint);
  if (!fingerprint.empty() && !parsed) in.refuse("fingerprint", "is no SHA-256");
  bmc.trust.fingerprint = parsed.value_or("");
  bmc.system = in.text("system");
  if (!bmc.system.empty() && !is_redfish_path(bmc.system)) in.refuse("system", "is no path");
  const auto auth = in.text("auth");
  bmc.session = auth == "session";
  if (!bmc.session && !auth.empty() && auth != "basic") {
    in.refuse("auth", "must be basic or session");
  }
  return in.end(std::move(bmc));
}

Result<BmcAccess> exec_in(const NodeName& node, const json::object& document, AccessReader& in) {
  ExecAccess exec;
  exec.node = node;
  exec.program = in.required("program");
  if (!exec.program.is_absolute()) in.refuse("program", "must be an absolute path");
  for (const auto& one : find_object(document, {"env"})) {
    const auto* value = one.value().if_string();
    const bool fit =
        value != nullptr && value->find('\0') == json::string::npos && is_variable_name(one.key());
    if (!fit) {
      in.refuse("env", "must be names of variables with a text each");
      break;
    }
    exec.environment.emplace_back(one.key(), std::string(*value));
  }
  return in.end(std::move(exec));
}

}  // namespace

json::object bmc_access_json(const BmcAccess& access) {
  return std::visit([](const auto& one) { return document_of(one); }, access);
}

Result<BmcAccess> bmc_access_in(const NodeName& node, const json::object& document) {
  AccessReader in(document);
  const auto protocol = in.text("protocol");
  if (protocol == "ipmi") return ipmi_in(in);
  if (protocol == "redfish") return redfish_in(in);
  if (protocol == "exec") return exec_in(node, document, in);
  in.refuse("protocol", "must be ipmi, redfish or exec");
  return in.end({});
}

}  // namespace ecokube
