#include "common/answer_line.h"

#include <algorithm>

#include "common/one_line.h"

namespace ecokube {
namespace {

constexpr std::string_view kProblem = "problem=";

}  // namespace

std::string answer_line(std::string facts, const std::string& problem) {
  if (!problem.empty()) facts += (facts.empty() ? "" : " ") + std::string(kProblem) + problem;
  facts.resize(std::min(facts.size(), kHelperAnswerMax - 1));
  return facts + "\n";
}

std::optional<std::string_view> take_value(std::string_view& line, std::string_view key) {
  if (!line.starts_with(key) || line.substr(key.size(), 1) != "=") return std::nullopt;
  line.remove_prefix(key.size() + 1);
  const auto value = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), value.size() + 1));
  return value;
}

std::optional<std::string> problem_of_line(std::string_view rest) {
  if (rest.empty()) return std::string();
  if (!rest.starts_with(kProblem) || rest.size() == kProblem.size()) return std::nullopt;
  if (!is_one_line(rest)) return std::nullopt;
  return std::string(rest.substr(kProblem.size()));
}

}  // namespace ecokube
