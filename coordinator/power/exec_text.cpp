#include "coordinator/power/exec_text.h"

#include <fmt/format.h>

#include <charconv>

#include "common/trimmed.h"
#include "coordinator/power/answer_text.h"

namespace ecokube {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view last_line(std::string_view output) {
  output = trimmed(output);
  const auto before = output.rfind('\n');
  return before == std::string_view::npos ? output : trimmed(output.substr(before));
}

Errc meaning_of(int exit_code) {
  switch (exit_code) {
    case 2: return Errc::config;
    case 3: return Errc::busy;
    case 4: return Errc::unreachable;
    case 5: return Errc::unauthorized;
    case 6: return Errc::unsupported;
    default: return Errc::protocol;
  }
}

}  // namespace

Result<ExecStatus> exec_status_in(std::string_view output) {
  const auto line = last_line(output);
  const auto blank = line.find_first_of(kBlanks);
  const auto word = line.substr(0, blank);
  const auto uuid = blank == std::string_view::npos ? "" : trimmed(line.substr(blank));
  const auto guid = guid_digits(uuid);
  if ((word != "on" && word != "off") || (!uuid.empty() && !guid)) {
    return fail(Errc::protocol, fmt::format("\"{}\" is neither on nor off, with a UUID or without",
                                            one_line(line)));
  }
  return ExecStatus{word == "on", guid.value_or("")};
}

Result<Power> exec_watts_in(std::string_view output) {
  const auto line = last_line(output);
  double watts = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), watts);
  if (error != std::errc() || end != line.data() + line.size()) {
    return fail(Errc::protocol, fmt::format("\"{}\" is no number of watts", one_line(line)));
  }
  return power_of_running(watts);
}

Error exec_error(int exit_code, std::string_view output) {
  auto message = fmt::format("exit code {}", exit_code);
  if (const auto line = last_line(output); !line.empty()) message += ": " + one_line(line);
  return {meaning_of(exit_code), std::move(message)};
}

}  // namespace ecokube
