#include "common/raw_wake.h"

#include <utility>

#include "common/answer_line.h"
#include "common/interface_name.h"

namespace ecokube {
namespace {

constexpr std::string_view kSent = "sent=yes";

/// Takes a word and the blank behind it from the front of the line.
std::string_view take_word(std::string_view& line) {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  if (line.size() > 1) line.remove_prefix(1);  // a blank at the end stays, and is a mistake
  return word;
}

}  // namespace

std::string to_line(const RawWakeQuestion& question) {
  auto line = "wake " + question.interface + " " + question.mac.text();
  if (question.secure_on) line += " " + question.secure_on->reveal();
  return line;
}

Result<RawWakeQuestion> parse_raw_wake_question(std::string_view line) {
  const bool asks = take_word(line) == "wake";
  const auto interface = take_word(line);
  const auto mac = MacAddress::parse(take_word(line));
  if (!asks || !mac) return fail(Errc::invalid, "ask \"wake INTERFACE MAC [SECUREON]\"");
  if (!is_interface_name(interface)) {
    return fail(Errc::invalid, "that is no name of a network interface");
  }
  if (line.empty()) return RawWakeQuestion{std::string(interface), *mac, std::nullopt};
  auto secure_on = SecureOn::parse(line);
  if (!secure_on) return fail(Errc::invalid, "a SecureOn password is six bytes or four");
  return RawWakeQuestion{std::string(interface), *mac, std::move(secure_on)};
}

std::string raw_wake_answer(const Result<void>& sent) {
  return sent ? answer_line(std::string(kSent), "") : answer_line("", sent.error().message);
}

Result<void> parse_raw_wake_answer(std::string_view line) {
  if (line == kSent) return {};
  const auto problem = problem_of_line(line);
  if (!problem || problem->empty()) {
    return fail(Errc::protocol, "the answer is none of ecokube-raw-wake's");
  }
  return fail(Errc::io, *problem);
}

}  // namespace ecokube
