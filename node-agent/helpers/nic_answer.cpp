#include "node-agent/helpers/nic_answer.h"

#include <algorithm>
#include <optional>

#include "common/answer_line.h"
#include "node-agent/helpers/wake_on_lan.h"

namespace ecokube::agent {
namespace {

// In the order of the bits, from WAKE_PHY to WAKE_FILTER.
constexpr std::string_view kLetters = "pumbagsf";
constexpr std::string_view kNoLetters = "d";

std::optional<std::uint32_t> bits_of(std::string_view letters) {
  if (letters == kNoLetters) return 0;
  std::uint32_t bits = 0;
  for (const char letter : letters) {
    const auto at = kLetters.find(letter);
    if (at == std::string_view::npos) return std::nullopt;
    bits |= 1U << at;
  }
  if (bits == 0) return std::nullopt;
  return bits;
}

std::string_view word_of(Wakeup wakeup) {
  switch (wakeup) {
    case Wakeup::none: return "none";
    case Wakeup::disabled: return "disabled";
    case Wakeup::enabled: return "enabled";
  }
  return "none";
}

std::optional<Wakeup> wakeup_of(std::string_view word) {
  for (const auto wakeup : {Wakeup::none, Wakeup::disabled, Wakeup::enabled}) {
    if (word == word_of(wakeup)) return wakeup;
  }
  return std::nullopt;
}

std::unexpected<Error> no_answer() {
  return fail(Errc::protocol, "the answer is none of ecokube-nic-arm's");
}

}  // namespace

bool NicAnswer::supports_magic() const { return known && (supported & kWakeMagic) != 0; }

bool NicAnswer::armed() const {
  return known && (enabled & kWakeMagic) != 0 && wakeup != Wakeup::disabled;
}

std::string wake_letters(std::uint32_t bits) {
  std::string letters;
  for (std::size_t bit = 0; bit < kLetters.size(); ++bit) {
    if ((bits & (1U << bit)) != 0) letters += kLetters[bit];
  }
  return letters.empty() ? std::string(kNoLetters) : letters;
}

std::string to_line(const NicAnswer& answer) {
  std::string facts;
  if (answer.known) {
    facts = "supports=" + wake_letters(answer.supported) + " wol=" + wake_letters(answer.enabled) +
            " wakeup=" + std::string(word_of(answer.wakeup));
  }
  return answer_line(std::move(facts), answer.problem);
}

Result<NicAnswer> parse_nic_answer(std::string_view line) {
  NicAnswer answer;
  if (const auto supports = take_value(line, "supports")) {
    const auto wol = take_value(line, "wol");
    const auto wakeup = take_value(line, "wakeup");
    const auto supported = bits_of(*supports);
    const auto enabled = bits_of(wol.value_or(""));
    const auto word = wakeup_of(wakeup.value_or(""));
    if (!supported || !enabled || !word) return no_answer();
    answer.known = true;
    answer.supported = *supported;
    answer.enabled = *enabled;
    answer.wakeup = *word;
  }
  auto problem = problem_of_line(line);
  if (!problem || (!answer.known && problem->empty())) return no_answer();
  answer.problem = std::move(*problem);
  return answer;
}

}  // namespace ecokube::agent
