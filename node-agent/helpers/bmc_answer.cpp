#include "node-agent/helpers/bmc_answer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/answer_line.h"
#include "common/bmc_values.h"
#include "common/ipv4_subnet.h"
#include "common/mac_address.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

constexpr std::string_view kBmc = "bmc";
constexpr std::string_view kThere = "there";
constexpr std::string_view kNoBmc = "none";
constexpr int kChannelMax = 15;

void add(std::string& facts, std::string_view key, const std::string& value) {
  if (!value.empty()) facts += " " + std::string(key) + "=" + value;
}

bool is_source(std::string_view text) {
  constexpr std::array<std::string_view, 4> kSources{"static", "dhcp", "bios", "other"};
  return std::find(kSources.begin(), kSources.end(), text) != kSources.end();
}

/// Takes a value that need not be there; false: it is there, and wrong.
template <class Fits>
bool take_text(std::string_view& line, std::string_view key, std::string& into, Fits fits) {
  const auto value = take_value(line, key);
  if (value) into = *value;
  return !value || fits(*value);
}

bool take_number(std::string_view& line, std::string_view key, int& into, int max) {
  const auto value = take_value(line, key);
  if (!value) return true;
  const auto number = parse_number(*value);
  if (!number || *number == 0 || *number > static_cast<std::uint64_t>(max)) return false;
  into = static_cast<int>(*number);
  return true;
}

bool take_facts(std::string_view& line, BmcAnswer& answer) {
  return take_number(line, "channel", answer.channel, kChannelMax) &&
         take_text(line, "address", answer.address,
                   [](auto text) { return parse_ipv4(text).has_value(); }) &&
         take_text(line, "mac", answer.mac,
                   [](auto text) { return MacAddress::parse(text).has_value(); }) &&
         take_text(line, "source", answer.source, is_source) &&
         take_number(line, "vlan", answer.vlan, kVlanMax) &&
         take_text(line, "guid", answer.guid, is_bmc_guid);
}

}  // namespace

std::string to_line(const BmcAnswer& answer) {
  const auto number = [](int value) { return value == 0 ? std::string() : std::to_string(value); };
  std::string facts;
  if (answer.present) {
    facts = std::string(kBmc) + "=" + std::string(kThere);
    add(facts, "channel", number(answer.channel));
    add(facts, "address", answer.address);
    add(facts, "mac", answer.mac);
    add(facts, "source", answer.source);
    add(facts, "vlan", number(answer.vlan));
    add(facts, "guid", answer.guid);
  } else if (answer.problem.empty()) {
    facts = std::string(kBmc) + "=" + std::string(kNoBmc);
  }
  return answer_line(std::move(facts), answer.problem);
}

Result<BmcAnswer> parse_bmc_answer(std::string_view line) {
  const auto none = fail(Errc::protocol, "the answer is none of ecokube-bmc-info's");
  BmcAnswer answer;
  const auto bmc = take_value(line, kBmc);
  answer.present = bmc == kThere;
  if (bmc && !answer.present && *bmc != kNoBmc) return none;
  if (answer.present && !take_facts(line, answer)) return none;
  auto problem = problem_of_line(line);
  if (!problem || (!bmc && problem->empty()) || (bmc == kNoBmc && !problem->empty())) return none;
  answer.problem = std::move(*problem);
  return answer;
}

}  // namespace ecokube::agent
