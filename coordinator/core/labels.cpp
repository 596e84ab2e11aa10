#include "coordinator/core/labels.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace ecokube::core {
namespace {

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t parsed = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, parsed);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return parsed;
}

/// `label` is above the one value, or below it; false when one of them is no number.
bool compares(const std::string& label, const Selector::Expression& expression) {
  if (expression.values.size() != 1) return false;
  const auto left = number(label);
  const auto right = number(expression.values.front());
  if (!left || !right) return false;
  return expression.op == "Gt" ? *left > *right : *left < *right;
}

}  // namespace

bool matches(const Labels& selector, const Labels& labels) {
  return std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

bool matches(const Selector::Expression& expression, const Labels& labels) {
  const auto found = labels.find(expression.key);
  const bool present = found != labels.end();
  if (expression.op == "Exists") return present;
  if (expression.op == "DoesNotExist") return !present;
  if (expression.op == "Gt" || expression.op == "Lt") {
    return present && compares(found->second, expression);
  }
  const bool listed = present && std::find(expression.values.begin(), expression.values.end(),
                                           found->second) != expression.values.end();
  if (expression.op == "In") return listed;
  return expression.op == "NotIn" && !listed;
}

bool matches(const Selector& selector, const Labels& labels) {
  return matches(selector.match_labels, labels) &&
         std::all_of(selector.expressions.begin(), selector.expressions.end(),
                     [&](const auto& expression) { return matches(expression, labels); });
}

}  // namespace ecokube::core
