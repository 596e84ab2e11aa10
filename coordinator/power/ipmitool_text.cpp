#include "coordinator/power/ipmitool_text.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>

#include "common/trimmed.h"
#include "coordinator/power/answer_text.h"

namespace ecokube {
namespace {

constexpr std::size_t kGuidDigits = 32;
constexpr std::size_t kDetailMax = 200;

struct Phrase {
  std::string_view text;
  Errc code;
  std::string_view meaning;  ///< for people; empty: the line itself tells
};

/// How a session fails, in the order in which they are looked for: the last are general.
constexpr std::array kSession{
    Phrase{"RAKP 2 HMAC is invalid", Errc::unauthorized, "the password is wrong"},
    Phrase{"unauthorized name", Errc::unauthorized, "no such user there"},
    Phrase{"unauthorized role or privilege level", Errc::forbidden,
           "the user may not be an operator there"},
    Phrase{"insufficient resources", Errc::busy, "all its sessions are taken"},
    Phrase{"authentication algorithm", Errc::unsupported,
           "it does not take the cipher suite; set bmc_cipher_suite"},
    Phrase{"integrity algorithm", Errc::unsupported,
           "it does not take the cipher suite; set bmc_cipher_suite"},
    Phrase{"confidentiality algorithm", Errc::unsupported,
           "it does not take the cipher suite; set bmc_cipher_suite"},
    Phrase{"cipher suite match", Errc::unsupported,
           "it does not take the cipher suite; set bmc_cipher_suite"},
    Phrase{"RAKP 2 message indicates an error", Errc::unauthorized, ""},
    Phrase{"Error in open session response message", Errc::refused, ""},
    Phrase{"Address lookup for", Errc::unreachable, "its name is not known"},
    Phrase{"Get Auth Capabilities error", Errc::unreachable, "it does not answer"},
    Phrase{"Unable to establish", Errc::unreachable, "no session came about"},
};

/// How a command fails in a session, after "failed: ".
constexpr std::array kCommand{
    Phrase{"Insufficient privilege level", Errc::forbidden, "the user may not do that"},
    Phrase{"Node busy", Errc::busy, ""},
    Phrase{"Timeout", Errc::busy, ""},
    Phrase{"present state", Errc::conflict, ""},
    Phrase{"Invalid command", Errc::unsupported, ""},
    Phrase{"subfunction disabled", Errc::unsupported, ""},
    Phrase{"A valid DCMI command was not returned", Errc::unsupported, "it knows no DCMI"},
    Phrase{"Unable to get DCMI information", Errc::timeout, "it did not answer to this"},
};

std::string_view line_with(std::string_view output, std::string_view text) {
  const auto at = output.find(text);
  if (at == std::string_view::npos) return {};
  auto begin = output.rfind('\n', at);
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  return output.substr(begin, std::min(output.find('\n', at), output.size()) - begin)
      .substr(0, kDetailMax);
}

template <std::size_t N>
std::optional<Error> find_phrase(const std::array<Phrase, N>& phrases, std::string_view text) {
  for (const auto& phrase : phrases) {
    const auto line = line_with(text, phrase.text);
    if (line.empty()) continue;
    return Error{phrase.code, std::string(phrase.meaning.empty() ? trimmed(line) : phrase.meaning)};
  }
  return std::nullopt;
}

/// The answer to the command itself. What ipmitool probes before, in vain, is no failure.
std::string_view command_line(std::string_view output, BmcVerb verb) {
  switch (verb) {
    case BmcVerb::status: return line_with(output, "Get Chassis Power Status failed");
    case BmcVerb::guid: return line_with(output, "Unable to send RAW command");
    case BmcVerb::watts: return line_with(output, "DCMI");
    case BmcVerb::on:
    case BmcVerb::soft:
    case BmcVerb::off: return line_with(output, "Set Chassis Power Control to");
  }
  return {};
}

}  // namespace

std::string_view to_string(BmcVerb verb) {
  switch (verb) {
    case BmcVerb::status: return "status";
    case BmcVerb::guid: return "guid";
    case BmcVerb::watts: return "watts";
    case BmcVerb::on: return "on";
    case BmcVerb::soft: return "soft";
    case BmcVerb::off: return "off";
  }
  return "?";
}

std::vector<std::string> ipmitool_command(const IpmiAccess& bmc, BmcVerb verb) {
  std::vector<std::string> argv{"ipmitool", "-v",
                                "-I",       "lanplus",
                                "-H",       bmc.address.host,
                                "-p",       std::to_string(bmc.address.port),
                                "-U",       bmc.user,
                                "-C",       std::to_string(bmc.cipher_suite),
                                "-L",       "OPERATOR",
                                "-N",       "1",
                                "-R",       "1"};
  if (bmc.password.file.empty()) {
    argv.emplace_back("-E");
  } else {
    argv.insert(argv.end(), {"-f", bmc.password.file.string()});
  }
  if (verb == BmcVerb::guid) {
    // Get System GUID, as raw bytes: `mc guid` guesses at their order.
    argv.insert(argv.end(), {"raw", "0x06", "0x37"});
  } else if (verb == BmcVerb::watts) {
    argv.insert(argv.end(), {"dcmi", "power", "reading"});
  } else {
    argv.insert(argv.end(), {"chassis", "power", std::string(to_string(verb))});
  }
  return argv;
}

Error ipmitool_error(const IpmiAccess& bmc, BmcVerb verb, std::string_view output) {
  auto error = Error{Errc::refused, ""};
  if (const auto line = command_line(output, verb); !line.empty()) {
    error = find_phrase(kCommand, line).value_or(Error{Errc::refused, std::string(trimmed(line))});
  } else if (auto found = find_phrase(kSession, output)) {
    error = *std::move(found);
  } else {
    error = {Errc::protocol, "ipmitool failed without a word that we know"};
  }
  error.message =
      fmt::format("BMC {}: power {}: {}", bmc.address.text(), to_string(verb), error.message);
  return error;
}

Result<bool> power_in(std::string_view output) {
  constexpr std::string_view kSays = "Chassis Power is ";
  const auto at = output.find(kSays);
  const auto word = at == std::string_view::npos ? "" : output.substr(at + kSays.size());
  if (word.starts_with("on")) return true;
  if (word.starts_with("off")) return false;
  return fail(Errc::protocol, "ipmitool did not say whether the chassis is on");
}

Result<Power> watts_in(std::string_view output) {
  const auto value_of = [&](std::string_view name) {
    const auto line = line_with(output, name);
    return trimmed(line.substr(std::min(line.find(name) + name.size(), line.size())));
  };
  // The other figures are of a period, which may be days.
  const auto now = value_of("Instantaneous power reading:");
  const auto state = value_of("Power reading state is:");
  std::int64_t watts = 0;
  const auto [end, error] = std::from_chars(now.data(), now.data() + now.size(), watts);
  const bool whole = trimmed(std::string_view(end, now.data() + now.size())) == "Watts";
  if (error != std::errc() || !whole || state.empty()) {
    return fail(Errc::protocol, "ipmitool did not say a power reading");
  }
  if (state != "activated") return fail(Errc::refused, "its power readings are " + one_line(state));
  return power_of_running(static_cast<double>(watts));
}

Result<std::string> guid_in(std::string_view output) {
  constexpr std::string_view kSays = "RAW RSP (";
  const auto header = output.find(kSays);
  // Without -v's header the bytes stand alone.
  auto bytes = header == std::string_view::npos ? output : output.substr(header);
  if (header != std::string_view::npos) {
    bytes.remove_prefix(std::min(bytes.find('\n'), bytes.size()));
  }
  std::string digits(kGuidDigits, '0');
  std::size_t count = 0;
  for (const char letter : bytes) {
    if (std::isxdigit(static_cast<unsigned char>(letter)) != 0) {
      const auto digit = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
      if (count < kGuidDigits) digits[count] = digit;
      ++count;
    } else if (std::isspace(static_cast<unsigned char>(letter)) == 0) {
      return fail(Errc::protocol, "the BMC's GUID has something else than bytes in it");
    }
  }
  if (count == kGuidDigits) return digits;
  return fail(Errc::protocol, fmt::format("the BMC's GUID has {} digits, not 32", count));
}

}  // namespace ecokube
