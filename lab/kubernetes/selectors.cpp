#include "lab/kubernetes/selectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ecokube::lab {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Splits at commas outside of parentheses.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    if (const auto term = trim(text.substr(begin, i - begin)); !term.empty()) {
      terms.push_back(term);
    }
    begin = i + 1;
  }
  return terms;
}

struct Comparison {
  std::string_view left;
  std::string_view right;
  bool equal;
};

std::optional<Comparison> parse_comparison(std::string_view term) {
  const auto at = term.find('=');
  if (at == std::string_view::npos) return std::nullopt;
  const bool unequal = at > 0 && term[at - 1] == '!';
  const bool twice = at + 1 < term.size() && term[at + 1] == '=';
  return Comparison{trim(term.substr(0, unequal ? at - 1 : at)),
                    trim(term.substr(at + (twice ? 2 : 1))), !unequal};
}

bool is_supported_field(const ResourcePath& path, std::string_view field) {
  constexpr std::array<std::string_view, 6> kOfPods{
      "spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
      "status.phase",  "status.podIP",       "status.nominatedNodeName"};
  constexpr std::array<std::string_view, 7> kOfEvents{"involvedObject.kind",
                                                      "involvedObject.name",
                                                      "involvedObject.namespace",
                                                      "involvedObject.uid",
                                                      "reason",
                                                      "type",
                                                      "reportingComponent"};
  if (field == "metadata.name" || field == "metadata.namespace") return true;
  if (path.resource == "pods") return std::ranges::find(kOfPods, field) != kOfPods.end();
  if (path.resource == "events") return std::ranges::find(kOfEvents, field) != kOfEvents.end();
  return path.resource == "nodes" && field == "spec.unschedulable";
}

/// A field's value as selectors see it: what is missing is "", a missing boolean "false".
std::string field_text(const json::object& object, std::string_view field) {
  const json::object* at = &object;
  const json::value* found = nullptr;
  std::string_view rest = field;
  while (at != nullptr && !rest.empty()) {
    const auto dot = rest.find('.');
    found = at->if_contains(rest.substr(0, dot));
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    at = found != nullptr ? found->if_object() : nullptr;
  }
  if (field == "spec.unschedulable") {
    return found != nullptr && found->is_bool() && found->as_bool() ? "true" : "false";
  }
  if (found == nullptr || !rest.empty() || !found->is_string()) return {};
  return std::string(found->as_string());
}

}  // namespace

ApiResult<Selectors> Selectors::parse(const ResourcePath& path, std::string_view field_selector,
                                      std::string_view label_selector) {
  Selectors selectors;
  for (const auto term : split_terms(field_selector)) {
    const auto comparison = parse_comparison(term);
    if (!comparison) return bad_request(fmt::format("invalid field selector: '{}'", term));
    if (!is_supported_field(path, comparison->left)) {
      return bad_request(fmt::format("field label not supported: {}", comparison->left));
    }
    selectors.fields_.push_back(
        {std::string(comparison->left), std::string(comparison->right), comparison->equal});
  }
  for (const auto text : split_terms(label_selector)) {
    auto term = parse_label_term(text);
    if (!term) return std::unexpected(std::move(term.error()));
    selectors.labels_.push_back(*std::move(term));
  }
  return selectors;
}

ApiResult<Selectors::LabelTerm> Selectors::parse_label_term(std::string_view text) {
  using enum LabelTerm::Operator;
  if (const auto comparison = parse_comparison(text)) {
    return LabelTerm{comparison->equal ? in : not_in,
                     std::string(comparison->left),
                     {std::string(comparison->right)}};
  }
  if (text.front() == '!') return LabelTerm{not_exists, std::string(trim(text.substr(1))), {}};
  const auto open = text.find('(');
  if (open == std::string_view::npos) {
    if (text.find(' ') == std::string_view::npos) return LabelTerm{exists, std::string(text), {}};
    return bad_request(fmt::format("unable to parse label selector: '{}'", text));
  }
  std::string_view head = trim(text.substr(0, open));
  const auto blank = head.find(' ');
  const auto word = blank == std::string_view::npos ? "" : trim(head.substr(blank));
  if ((word != "in" && word != "notin") || !text.ends_with(')')) {
    return bad_request(fmt::format("unable to parse label selector: '{}'", text));
  }
  LabelTerm term{word == "in" ? in : not_in, std::string(head.substr(0, blank)), {}};
  for (const auto value : split_terms(text.substr(open + 1, text.size() - open - 2))) {
    term.values.emplace(value);
  }
  return term;
}

bool Selectors::matches(const json::object& object) const {
  const bool fields_match = std::ranges::all_of(fields_, [&](const FieldTerm& term) {
    return (field_text(object, term.field) == term.value) == term.equal;
  });
  if (!fields_match) return false;
  return std::ranges::all_of(labels_, [&](const LabelTerm& term) {
    const auto* value = find_field(object, {"metadata", "labels", term.key});
    const bool has = value != nullptr && value->is_string();
    const bool listed = has && term.values.contains(std::string(value->as_string()));
    switch (term.op) {
      case LabelTerm::Operator::in: return listed;
      case LabelTerm::Operator::not_in: return !listed;
      case LabelTerm::Operator::exists: return has;
      case LabelTerm::Operator::not_exists: return !has;
    }
    return false;
  });
}

}  // namespace ecokube::lab
