#include "coordinator/core/marks.h"

#include <algorithm>
#include <charconv>

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

}  // namespace

std::string format_intent(const Intent& intent) {
  return "down transition=" + std::to_string(intent.transition) + " boot_id=" + intent.boot_id;
}

std::optional<Intent> parse_intent(std::string_view text) {
  const auto transition = number(text, "transition");
  if (!text.starts_with("down ") || !transition) return std::nullopt;
  return Intent{*transition, std::string(word(text, "boot_id").value_or(""))};
}

std::string format_wake_proof(TimePoint at, WakeMethod method) {
  return std::string(to_string(method)) + " at_ms=" + std::to_string(to_ms(at));
}

std::optional<TimePoint> parse_wake_proof(std::string_view text) {
  const auto ms = number(text, "at_ms");
  if (!ms) return std::nullopt;
  return from_ms(*ms);
}

std::string format_wake_recipe(const WakeRecipe& recipe) {
  std::string macs;
  for (const auto& mac : recipe.macs) macs += (macs.empty() ? "" : ",") + mac.text();
  return "address=" + recipe.address + " macs=" + macs;
}

std::optional<WakeRecipe> parse_wake_recipe(std::string_view text) {
  const auto address = word(text, "address");
  auto macs = word(text, "macs");
  if (!address || !macs) return std::nullopt;
  WakeRecipe recipe{std::string(*address), {}};
  while (!macs->empty()) {
    const auto comma = std::min(macs->find(','), macs->size());
    const auto mac = MacAddress::parse(macs->substr(0, comma));
    if (!mac) return std::nullopt;
    recipe.macs.push_back(*mac);
    macs->remove_prefix(std::min(comma + 1, macs->size()));
  }
  return recipe;
}

std::string format_quarantine(const QuarantineNode& quarantine) {
  return "until_ms=" + std::to_string(to_ms(quarantine.until)) +
         " failures=" + std::to_string(quarantine.failures);
}

std::optional<QuarantineNode> parse_quarantine(std::string_view text) {
  const auto until = number(text, "until_ms");
  const auto failures = number(text, "failures");
  if (!until || !failures) return std::nullopt;
  return QuarantineNode{from_ms(*until), *failures};
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
  const auto colon = text.find(": ");
  freeze.by = colon == std::string_view::npos ? "" : text.substr(0, colon);
  freeze.reason = colon == std::string_view::npos ? text : text.substr(colon + 2);
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
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) {
    hold.reason = std::string(text);
  } else {
    hold.by = std::string(text.substr(0, colon));
    hold.reason = std::string(text.substr(colon + 2));
  }
  return hold;
}

}  // namespace ecokube::core
