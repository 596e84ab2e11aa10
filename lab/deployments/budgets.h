#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "coordinator/core/cluster_facts.h"
#include "lab/deployments/replicas.h"
#include "lab/watched_objects.h"

namespace ecokube::lab {

/// status of a PodDisruptionBudget.
struct BudgetStatus {
  std::int64_t observed_generation = 0;
  std::int64_t expected = 0;         ///< pods
  std::int64_t desired_healthy = 0;  ///< of them
  std::int64_t healthy = 0;
  std::int64_t allowed = 0;
  std::set<std::string> disrupted;  ///< evicted, and not yet seen to go
  bool operator==(const BudgetStatus&) const = default;
};

/// minAvailable or maxUnavailable.
struct BudgetAmount {
  std::int64_t number = 0;
  bool percent = false;
};

struct Budget {
  std::string ns;
  std::string name;
  core::Revision revision = 0;
  std::int64_t generation = 0;
  core::Selector selector;
  BudgetAmount amount;
  bool max_unavailable = false;  ///< what `amount` is; else minAvailable
  BudgetStatus status;
};
[[nodiscard]] Result<Budget> parse_lab_budget(const boost::json::object& object);

/// As the disruption controller counts. An eviction that did not lead to a deletion is remembered
/// as long as its pod is there; the original forgets it after two minutes.
[[nodiscard]] BudgetStatus count_budget(const Budget& budget, const Deployments& deployments,
                                        const DeploymentPods& pods);

/// The merge patch on its status; a conflict when the budget changed meanwhile, as an eviction
/// does.
[[nodiscard]] boost::json::object budget_patch(const Budget& budget, const BudgetStatus& next);

/// Watches budgets and writes their status.
class BudgetKeeper {
 public:
  BudgetKeeper(std::shared_ptr<kubernetes::ApiClient> client, boost::asio::any_io_executor executor,
               std::function<void()> changed);

  void start() { budgets_.start(); }
  void stop() { budgets_.stop(); }
  [[nodiscard]] bool listed() const { return budgets_.listed(); }
  /// The first failure, if any.
  [[nodiscard]] boost::asio::awaitable<Result<void>> keep(const Deployments& deployments,
                                                          const DeploymentPods& pods);

 private:
  std::shared_ptr<kubernetes::ApiClient> client_;
  WatchedObjects<Budget> budgets_;
};

}  // namespace ecokube::lab
