#include "lab/deployments/budgets.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "coordinator/kubernetes/objects.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using kubernetes::find_int;

constexpr std::int64_t kPercent = 100;

BudgetAmount parse_amount(const json::value& value) {
  if (const auto* number = value.if_int64()) return {*number, false};
  BudgetAmount amount{0, true};
  const auto* text = value.if_string();
  if (text != nullptr) std::from_chars(text->begin(), text->end(), amount.number);
  return amount;
}

/// Rounded up, as the original does it for both kinds.
std::int64_t scaled(const BudgetAmount& amount, std::int64_t total) {
  return amount.percent ? (amount.number * total + kPercent - 1) / kPercent : amount.number;
}

/// The replicas that the owners of these pods ask for.
std::int64_t replicas_of_owners(const std::vector<const DeploymentPod*>& pods,
                                const Deployments& deployments) {
  std::int64_t replicas = 0;
  for (const auto& [key, deployment] : deployments) {
    const bool owns = std::ranges::any_of(
        pods, [&](const auto* pod) { return pod->owner_uid == deployment.uid; });
    if (owns) replicas += deployment.replicas;
  }
  return replicas;
}

}  // namespace

Result<Budget> parse_lab_budget(const json::object& object) {
  auto parsed = kubernetes::parse_budget(object);
  if (!parsed) return std::unexpected(parsed.error());
  Budget budget;
  budget.ns = std::move(parsed->ns);
  budget.name = std::move(parsed->name);
  budget.revision = parsed->revision;
  budget.selector = std::move(parsed->selector);
  budget.generation = find_int(object, {"metadata", "generation"}, 0);
  const auto& spec = kubernetes::find_object(object, {"spec"});
  const auto* max = spec.if_contains("maxUnavailable");
  const auto* min = spec.if_contains("minAvailable");
  budget.max_unavailable = max != nullptr;
  if (const auto* amount = max != nullptr ? max : min) budget.amount = parse_amount(*amount);
  budget.status = {find_int(object, {"status", "observedGeneration"}, 0),
                   find_int(object, {"status", "expectedPods"}, 0),
                   find_int(object, {"status", "desiredHealthy"}, 0),
                   find_int(object, {"status", "currentHealthy"}, 0),
                   find_int(object, {"status", "disruptionsAllowed"}, 0),
                   {}};
  for (const auto& entry : kubernetes::find_object(object, {"status", "disruptedPods"})) {
    budget.status.disrupted.emplace(entry.key());
  }
  return budget;
}

BudgetStatus count_budget(const Budget& budget, const Deployments& deployments,
                          const DeploymentPods& pods) {
  std::vector<const DeploymentPod*> covered;
  for (const auto& [key, pod] : pods) {
    if (pod.pod.ns == budget.ns && core::matches(budget.selector, pod.pod.labels)) {
      covered.push_back(&pod);
    }
  }
  BudgetStatus status;
  status.observed_generation = budget.generation;
  const bool counts_pods = !budget.max_unavailable && !budget.amount.percent;
  status.expected = counts_pods ? static_cast<std::int64_t>(covered.size())
                                : replicas_of_owners(covered, deployments);
  const auto amount = scaled(budget.amount, status.expected);
  status.desired_healthy =
      budget.max_unavailable ? std::max<std::int64_t>(status.expected - amount, 0) : amount;
  for (const auto* pod : covered) {
    if (pod->pod.deleting) continue;
    if (budget.status.disrupted.contains(pod->pod.name)) {
      status.disrupted.insert(pod->pod.name);
    } else if (pod->ready) {
      ++status.healthy;
    }
  }
  if (status.expected > 0) {
    status.allowed = std::max<std::int64_t>(status.healthy - status.desired_healthy, 0);
  }
  return status;
}

json::object budget_patch(const Budget& budget, const BudgetStatus& next) {
  json::object status{{"observedGeneration", next.observed_generation},
                      {"expectedPods", next.expected},
                      {"desiredHealthy", next.desired_healthy},
                      {"currentHealthy", next.healthy},
                      {"disruptionsAllowed", next.allowed}};
  json::object settled;
  for (const auto& pod : budget.status.disrupted) {
    if (!next.disrupted.contains(pod)) settled[pod] = nullptr;
  }
  if (!settled.empty()) status["disruptedPods"] = std::move(settled);
  return {{"metadata", {{"resourceVersion", std::to_string(budget.revision)}}},
          {"status", std::move(status)}};
}

BudgetKeeper::BudgetKeeper(std::shared_ptr<kubernetes::ApiClient> client,
                           asio::any_io_executor executor, std::function<void()> changed)
    : client_(client),
      budgets_(std::move(client), std::move(executor), "/apis/policy/v1/poddisruptionbudgets",
               parse_lab_budget, std::move(changed)) {}

asio::awaitable<Result<void>> BudgetKeeper::keep(const Deployments& deployments,
                                                 const DeploymentPods& pods) {
  // Made before the first write: the views change while requests are under way.
  std::vector<std::pair<std::string, json::object>> writes;
  for (const auto& [key, budget] : budgets_.all()) {
    const auto status = count_budget(budget, deployments, pods);
    if (status == budget.status) continue;
    writes.emplace_back(fmt::format("/apis/policy/v1/namespaces/{}/poddisruptionbudgets/{}/status",
                                    budget.ns, budget.name),
                        budget_patch(budget, status));
  }
  Result<void> result;
  for (auto& [target, patch] : writes) {
    json::value body = std::move(patch);
    const auto done = co_await client_->merge_patch(std::move(target), std::move(body));
    if (!done && result) result = std::unexpected(done.error());
  }
  co_return result;
}

}  // namespace ecokube::lab
