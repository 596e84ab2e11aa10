#include "coordinator/core/marks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

namespace ecokube::core {
namespace {

/// The value of "key=value" among words separated by one space.
std::optional<std::string_view> word(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto end = text.find(' ');
    const auto here = text.substr(0, end);
    if (here.size() > key.size() && here.starts_with(key) && here[key.size()] == '=') {
      return here.substr(key.size() + 1);
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::optional<std::int64_t> number(std::string_view text, std::string_view key) {
  const auto value = word(text, key);
  if (!value) return std::nullopt;
  std::int64_t parsed = 0;
  const auto [end, error] = std::from_chars(value->begin(), value->end(), parsed);
  if (error != std::errc{} || end != value->end()) return std::nullopt;
  return parsed;
}

std::optional<TimePoint> time_at(std::string_view text, std::string_view key) {
  const auto ms = number(text, key);
  if (!ms) return std::nullopt;
  return from_ms(*ms);
}

/// Takes what is before the first `separator` off the text.
std::string_view next_of(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto first = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return first;
}

std::string_view next_word(std::string_view& text) { return next_of(text, ' '); }

/// "<by>: <reason>"; whatever has no colon is a reason.
std::pair<std::string, std::string> by_and_reason(std::string_view text) {
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) return {"", std::string(text)};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 2))};
}

std::string mode_word(SleepMode mode) {
  return mode == SleepMode::power_off ? "" : " mode=" + std::string(to_string(mode));
}

SleepMode mode_in(std::string_view text) {
  return parse_sleep_mode(word(text, "mode").value_or("")).value_or(SleepMode::power_off);
}

}  // namespace

Intent intent_of(const MarkNode& mark, std::int64_t transition) {
  return {transition, mark.boot_id, mark.boot_unproven, mark.proves_wake, mark.mode};
}

std::string format_intent(const Intent& intent) {
  return "down transition=" + std::to_string(intent.transition) + " boot_id=" + intent.boot_id +
         (intent.boot_unproven ? " boot=unproven" : "") + (intent.proves_wake ? " for=proof" : "") +
         mode_word(intent.mode);
}

std::optional<Intent> parse_intent(std::string_view text) {
  const auto transition = number(text, "transition");
  if (!text.starts_with("down ") || !transition) return std::nullopt;
  return Intent{*transition, std::string(word(text, "boot_id").value_or("")),
                word(text, "boot") == "unproven", word(text, "for") == "proof", mode_in(text)};
}

std::string format_wake_proof(TimePoint at, WakeMethod method, const std::string& boot,
                              Duration slept, SleepMode mode) {
  return std::string(to_string(method)) + " at_ms=" + std::to_string(to_ms(at)) +
         (boot.empty() ? "" : " boot=" + boot) +
         (slept.count() > 0 ? " slept_ms=" + std::to_string(slept.count()) : "") + mode_word(mode);
}

SleepMode parse_wake_proof_mode(std::string_view text) { return mode_in(text); }

Duration parse_wake_proof_sleep(std::string_view text) {
  return Duration(std::max<std::int64_t>(0, number(text, "slept_ms").value_or(0)));
}

std::string format_off(const std::string& power, TimePoint since) {
  return power + " since_ms=" + std::to_string(to_ms(since));
}

std::optional<TimePoint> parse_off_since(std::string_view text) {
  if (!text.starts_with("off ")) return std::nullopt;
  return time_at(text, "since_ms");
}

std::string parse_wake_proof_boot(std::string_view text) {
  return std::string(word(text, "boot").value_or(""));
}

std::optional<TimePoint> parse_wake_proof(std::string_view text) {
  return is_failed_proof(text) || is_void_proof(text) ? std::nullopt : parse_waking(text);
}

std::string format_void_proof(TimePoint at) { return "void " + format_waking(at); }

bool is_void_proof(std::string_view text) { return text.starts_with("void "); }

std::string format_failed_proof(TimePoint at) { return "failed " + format_waking(at); }

bool is_failed_proof(std::string_view text) { return text.starts_with("failed "); }

std::string format_waking(TimePoint at) { return "at_ms=" + std::to_string(to_ms(at)); }

std::optional<TimePoint> parse_waking(std::string_view text) { return time_at(text, "at_ms"); }

std::string format_wake_recipe(const WakeRecipe& recipe) {
  std::string macs;
  for (const auto& mac : recipe.macs) macs += (macs.empty() ? "" : ",") + mac.text();
  std::string segments;
  for (const auto& segment : recipe.segments) {
    segments += (segments.empty() ? " segments=" : ",") + segment.text();
  }
  return "address=" + recipe.address + " macs=" + macs + segments;
}

std::optional<WakeRecipe> parse_wake_recipe(std::string_view text) {
  const auto address = word(text, "address");
  auto macs = word(text, "macs");
  if (!address || !macs) return std::nullopt;
  WakeRecipe recipe{std::string(*address), {}};
  while (!macs->empty()) {
    const auto mac = MacAddress::parse(next_of(*macs, ','));
    if (!mac) return std::nullopt;
    recipe.macs.push_back(*mac);
  }
  auto segments = word(text, "segments").value_or("");
  while (!segments.empty()) {
    if (const auto segment = Ipv4Subnet::parse(next_of(segments, ','))) {
      recipe.segments.push_back(*segment);
    }
  }
  return recipe;
}

std::string format_quarantine(const QuarantineNode& quarantine) {
  if (quarantine.ended) return {};
  return "until_ms=" + std::to_string(to_ms(quarantine.until)) +
         " failures=" + std::to_string(quarantine.failures) +
         " slept_ms=" + std::to_string(quarantine.slept.count());
}

std::optional<QuarantineNode> parse_quarantine(std::string_view text) {
  const auto until = number(text, "until_ms");
  const auto failures = number(text, "failures");
  if (!until || !failures) return std::nullopt;
  return QuarantineNode{from_ms(*until), *failures, false,
                        Duration(number(text, "slept_ms").value_or(0))};
}

std::string format_request(const Request& request) {
  const auto until = request.until ? to_ms(*request.until) : 0;
  return std::string(to_string(request.verb)) + " at_ms=" + std::to_string(to_ms(request.at)) +
         " until_ms=" + std::to_string(until) + " " + request.by + ": " + request.reason;
}

std::optional<Request> parse_request(std::string_view text) {
  constexpr std::array kVerbs{PersonVerb::wake, PersonVerb::sleep, PersonVerb::test_wake,
                              PersonVerb::unquarantine};
  const auto asked = next_word(text);
  const auto at = number(next_word(text), "at_ms");
  const auto until = number(next_word(text), "until_ms");
  const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(),
                                 [&](PersonVerb known) { return to_string(known) == asked; });
  if (verb == kVerbs.end() || !at || !until) return std::nullopt;
  Request request{*verb, "", "", from_ms(*at), std::nullopt};
  if (*until != 0) request.until = from_ms(*until);
  std::tie(request.by, request.reason) = by_and_reason(text);
  return request;
}

std::string format_revoked(const RevokedMark& revoked) {
  return format_waking(revoked.at) + " " + revoked.by + ": " + revoked.reason;
}

std::optional<RevokedMark> parse_revoked(std::string_view text) {
  const auto at = time_at(next_word(text), "at_ms");
  auto [by, reason] = by_and_reason(text);
  if (!at || by.empty()) return std::nullopt;
  return RevokedMark{*at, std::move(by), std::move(reason)};
}

std::string format_freeze(const Freeze& freeze) {
  return (freeze.wake_all ? "evacuate " : "freeze ") + freeze.by + ": " + freeze.reason;
}

std::optional<Freeze> parse_freeze(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Freeze freeze;
  const auto after = [&](std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
  };
  freeze.wake_all = after("evacuate ");
  if (!freeze.wake_all) after("freeze ");
  std::tie(freeze.by, freeze.reason) = by_and_reason(text);
  return freeze;
}

std::string format_hold(const Hold& hold) {
  const std::string end =
      hold.until ? "until_ms=" + std::to_string(to_ms(*hold.until)) + " " : std::string();
  return end + hold.by + ": " + hold.reason;
}

std::optional<Hold> parse_hold(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Hold hold;
  if (text.starts_with("until_ms=")) {
    if (const auto until = number(text, "until_ms")) hold.until = from_ms(*until);
    const auto space = text.find(' ');
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  std::tie(hold.by, hold.reason) = by_and_reason(text);
  return hold;
}

}  // namespace ecokube::core
