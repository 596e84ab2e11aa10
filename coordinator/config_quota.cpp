#include "coordinator/config_quota.h"

#include "coordinator/config_names.h"

namespace ecokube {

void read_quotas(ConfigTable& root, core::Policy& policy) {
  constexpr std::int64_t kWakesMax = 100'000;
  for (auto& table : root.tables("namespace_quota")) {
    const auto name = table.required_text("name");
    const bool label = is_node_name(name) && name.find('.') == std::string::npos;
    if (name != core::kEveryNamespace && !label) {
      table.report("name",
                   "must be a namespace's name, or \"*\" for each that has none of its own");
    }
    refuse_second(table, "name", name, policy.namespace_quotas);
    if (!table.has("wakes_per_hour")) {
      table.report("wakes_per_hour", "is missing; leave the [[namespace_quota]] out for no quota");
    }
    auto& quota = policy.namespace_quotas[name];
    quota.wakes_per_hour = table.integer("wakes_per_hour", 1, 1, kWakesMax);
    quota.burst = table.integer("burst", quota.wakes_per_hour, 1, kWakesMax);
  }
}

std::string describe_quotas(const core::Policy& policy) {
  std::string text;
  for (const auto& [name, quota] : policy.namespace_quotas) {
    text += (name == core::kEveryNamespace ? "each other namespace" : "namespace " + name) + ": " +
            std::to_string(quota.wakes_per_hour) + " wakes an hour, " +
            std::to_string(quota.burst) + " at once\n";
  }
  return text;
}

}  // namespace ecokube
