#include "lab/kubernetes/evictions.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http_status.h"
#include "lab/kubernetes/selectors.h"

namespace ecokube::lab {
namespace {

constexpr const char* kBudgets = "policy/v1/poddisruptionbudgets";

bool is_ready_pod(const json::object& pod) {
  const auto& conditions = array_field(pod, {"status", "conditions"});
  return std::ranges::any_of(conditions, [](const json::value& condition) {
    return condition.is_object() && text_field(condition.as_object(), {"type"}) == "Ready" &&
           text_field(condition.as_object(), {"status"}) == "True";
  });
}

/// A pod whose end disrupts nothing any more, or not yet.
bool needs_no_budget(const json::object& pod) {
  const auto phase = text_field(pod, {"status", "phase"});
  return phase == "Succeeded" || phase == "Failed" || phase == "Pending" ||
         find_field(pod, {"metadata", "deletionTimestamp"}) != nullptr;
}

/// metav1.LabelSelector in the syntax of a query.
std::string selector_text(const json::object& selector) {
  std::string text;
  const auto add = [&](const std::string& term) { text += (text.empty() ? "" : ",") + term; };
  if (const auto* labels = selector.if_contains("matchLabels"); labels && labels->is_object()) {
    for (const auto& [key, value] : labels->as_object()) {
      add(fmt::format("{}={}", std::string_view(key), std::string_view(value.as_string())));
    }
  }
  for (const auto& entry : array_field(selector, {"matchExpressions"})) {
    const auto& expression = entry.as_object();
    const auto key = text_field(expression, {"key"});
    const auto op = text_field(expression, {"operator"});
    std::string values;
    for (const auto& value : array_field(expression, {"values"})) {
      values += (values.empty() ? "" : ",") + std::string(value.as_string());
    }
    if (op == "In") add(fmt::format("{} in ({})", key, values));
    if (op == "NotIn") add(fmt::format("{} notin ({})", key, values));
    if (op == "Exists") add(key);
    if (op == "DoesNotExist") add("!" + key);
  }
  return text;
}

bool covers(const json::object& budget, const json::object& pod) {
  const auto* selector = find_field(budget, {"spec", "selector"});
  if (selector == nullptr || !selector->is_object()) return false;
  const auto parsed = Selectors::parse({}, "", selector_text(selector->as_object()));
  return parsed && parsed->matches(pod);
}

std::unexpected<ApiFailure> not_allowed_by_budget(const std::string& why, int retry_after_s) {
  json::array causes;
  causes.push_back(json::object{{"reason", "DisruptionBudget"}, {"message", why}});
  ApiFailure failure{kHttpTooManyRequests, "TooManyRequests",
                     "Cannot evict pod as it would violate the pod's disruption budget."};
  failure.details["causes"] = std::move(causes);
  if (retry_after_s > 0) failure.details["retryAfterSeconds"] = retry_after_s;
  return std::unexpected(std::move(failure));
}

}  // namespace

ApiResult<ApiAnswer> Evictions::evict(const ResourcePath& path, const json::object& eviction) {
  if (text_field(eviction, {"metadata", "name"}) != path.name) {
    return bad_request("name in URL does not match name in Eviction object");
  }
  const auto found = store_.get(key_of(path));
  if (!found) return not_found(path);
  const auto& pod = *found;
  const auto* given = eviction.if_contains("deleteOptions");
  const auto options = given != nullptr && given->is_object() ? given->as_object() : json::object{};
  if (needs_no_budget(pod)) return remove(path, pod, options);
  const auto budgets = budgets_of(pod);
  if (budgets.size() > 1) {
    return refuse(kHttpInternalError, "",
                  "This pod has more than one PodDisruptionBudget, which the eviction subresource "
                  "does not support.");
  }
  if (budgets.empty()) return remove(path, pod, options);
  const auto& budget = *budgets.front();
  const auto healthy = number_field(budget, {"status", "currentHealthy"}, 0);
  const auto desired = number_field(budget, {"status", "desiredHealthy"}, 0);
  // An unready pod may go at once from what has enough ready ones.
  if (is_ready_pod(pod) || healthy < desired || desired <= 0) {
    if (auto spent = spend(budget, path.name); !spent) return std::unexpected(spent.error());
  }
  return remove(path, pod, options);
}

std::vector<ObjectPtr> Evictions::budgets_of(const json::object& pod) const {
  auto budgets = store_.list(kBudgets, text_field(pod, {"metadata", "namespace"}));
  std::erase_if(budgets, [&](const ObjectPtr& budget) { return !covers(*budget, pod); });
  return budgets;
}

ApiResult<void> Evictions::spend(const json::object& budget, const std::string& pod) {
  const auto name = text_field(budget, {"metadata", "name"});
  if (number_field(budget, {"status", "observedGeneration"}, 0) <
      number_field(budget, {"metadata", "generation"}, 0)) {
    constexpr int kRetryAfterS = 10;
    return not_allowed_by_budget(
        fmt::format("The disruption budget {} is still being processed by the server.", name),
        kRetryAfterS);
  }
  const auto allowed = number_field(budget, {"status", "disruptionsAllowed"}, 0);
  if (allowed <= 0) {
    return not_allowed_by_budget(
        fmt::format("The disruption budget {} needs {} healthy pods and has {} currently", name,
                    number_field(budget, {"status", "desiredHealthy"}, 0),
                    number_field(budget, {"status", "currentHealthy"}, 0)),
        0);
  }
  json::object next = budget;
  auto& status = object_at(next, "status");
  status["disruptionsAllowed"] = allowed - 1;
  object_at(status, "disruptedPods")[pod] = api_time(std::chrono::system_clock::now());
  store_.put({kBudgets, text_field(budget, {"metadata", "namespace"}), name}, std::move(next));
  return {};
}

ApiResult<ApiAnswer> Evictions::remove(const ResourcePath& path, const json::object& pod,
                                       const json::object& options) {
  const auto wanted = text_field(options, {"preconditions", "uid"});
  const auto uid = text_field(pod, {"metadata", "uid"});
  if (!wanted.empty() && wanted != uid) {
    return conflict(path, fmt::format("the UID in the precondition ({}) does not match the UID in "
                                      "record ({}). The object might have been deleted and then "
                                      "recreated",
                                      wanted, uid));
  }
  json::object next = pod;
  set_condition(next, {{"type", "DisruptionTarget"},
                       {"status", "True"},
                       {"reason", "EvictionByEvictionAPI"},
                       {"message", "Eviction API: evicting"}});
  if (find_field(pod, {"metadata", "deletionTimestamp"}) == nullptr) {
    store_.put(key_of(path), std::move(next));
  }
  if (auto removed = writes_.remove(path, options, std::nullopt); !removed) return removed;
  auto done = success_object(path, "");
  done.erase("details");
  done["code"] = kHttpCreated;
  return ApiAnswer{kHttpCreated, std::move(done)};
}

}  // namespace ecokube::lab
