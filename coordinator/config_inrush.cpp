#include "coordinator/config_inrush.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "coordinator/config_names.h"
#include "coordinator/core/watts.h"

namespace ecokube {
namespace {

using core::InrushLimits;
using core::RateLimit;

constexpr std::int64_t kMachinesMax = 100'000;
constexpr std::int64_t kWattsMax = 100'000'000;

/// By label a domain may have any name; without labels only those of [[node]] have machines.
void refuse_unknown_domain(ConfigTable& table, const std::string& name,
                           const core::Policy& policy) {
  if (!policy.inrush.power_domain_label.empty()) return;
  const bool known = std::ranges::any_of(
      policy.nodes, [&](const auto& node) { return node.second.power_domain == name; });
  if (known) return;
  table.report("name", "no [[node]] has power_domain = \"" + name +
                           "\", and power_domain_label is empty, so it has no machine");
}

/// What is above a cap by itself would never be woken.
void refuse_peak(ConfigTable& root, const std::string& whose, std::optional<Power> peak,
                 const InrushLimits& limits, const std::string& cap) {
  if (!peak || !limits.watts_cap || *peak <= *limits.watts_cap) return;
  root.report(cap, core::watts_text(*limits.watts_cap) + " is less than the peak_watts of " +
                       whose + ", which could never be woken");
}

RateLimit read_rate(ConfigTable& table, const std::string& what, RateLimit rate) {
  const auto per_minute = what + "_per_minute";
  const auto burst = what + "_burst";
  rate.per_minute = table.integer(per_minute, rate.per_minute, 0, kMachinesMax);
  rate.burst = table.integer(burst, rate.burst, 1, kMachinesMax);
  return rate;
}

std::string describe_limits(const std::string& whose, const InrushLimits& limits) {
  std::string text;
  const auto rate = [&](const char* what, const RateLimit& limit) {
    if (limit.per_minute == 0) return;
    text += std::string(text.empty() ? "" : "; ") + std::to_string(limit.per_minute) + " " + what +
            " a minute, " + std::to_string(limit.burst) + " at once";
  };
  rate("starts", limits.starts);
  rate("downs", limits.downs);
  if (limits.booting_max > 0) {
    text += (text.empty() ? "" : "; ") + std::to_string(limits.booting_max) + " may boot at once";
  }
  if (limits.watts_cap) {
    text += (text.empty() ? "" : "; ") + core::watts_text(*limits.watts_cap) + " at most";
  }
  return text.empty() ? text : whose + ": " + text + "\n";
}

}  // namespace

InrushLimits read_inrush_limits(ConfigTable table, InrushLimits limits) {
  limits.starts = read_rate(table, "starts", limits.starts);
  limits.downs = read_rate(table, "downs", limits.downs);
  limits.booting_max = table.integer("booting_max", limits.booting_max, 0, kMachinesMax);
  if (table.has("watts_cap")) {
    const auto watts = table.integer("watts_cap", 0, 0, kWattsMax);
    limits.watts_cap = watts == 0 ? std::nullopt : std::optional(Power::watts(watts));
  }
  return limits;
}

void read_inrush(ConfigTable table, core::Inrush& inrush) {
  inrush.all = read_inrush_limits(table, inrush.all);
  inrush.power_domain = read_inrush_limits(table.table("power_domain"), inrush.power_domain);
  inrush.power_domain_label = table.text("power_domain_label", inrush.power_domain_label);
  const auto peak = inrush.peak_default.milliwatts() / 1000;
  inrush.peak_default = Power::watts(table.integer("peak_watts_default", peak, 1, kWattsMax));
  inrush.jitter = table.seconds("jitter_s", inrush.jitter, Duration(0), std::chrono::seconds(30));
}

std::optional<Power> read_peak(ConfigTable& table) {
  if (!table.has("peak_watts")) return std::nullopt;
  return Power::watts(table.integer("peak_watts", 1, 1, kWattsMax));
}

void read_power_domains(ConfigTable& root, core::Policy& policy) {
  auto& inrush = policy.inrush;
  for (auto& table : root.tables("power_domain")) {
    const auto name = table.required_text("name");
    refuse_second(table, "name", name, inrush.power_domains);
    refuse_unknown_domain(table, name, policy);
    inrush.power_domains[name] = read_inrush_limits(table, inrush.power_domain);
  }
  for (const auto& pool : policy.pools) {
    refuse_peak(root, "pool " + pool.name, pool.peak, inrush.all, "inrush.watts_cap");
    refuse_peak(root, "pool " + pool.name, pool.peak, pool.inrush, "pool.inrush.watts_cap");
  }
  for (const auto& [name, node] : policy.nodes) {
    refuse_peak(root, "node " + name, node.peak, inrush.all, "inrush.watts_cap");
    const auto own = inrush.power_domains.find(node.power_domain);
    if (own == inrush.power_domains.end()) continue;
    refuse_peak(root, "node " + name, node.peak, own->second, "power_domain.watts_cap");
  }
}

std::string describe_inrush(const core::Policy& policy) {
  std::string text = describe_limits("all machines", policy.inrush.all) +
                     describe_limits("each power domain", policy.inrush.power_domain);
  for (const auto& [name, limits] : policy.inrush.power_domains) {
    text += describe_limits("power domain " + name, limits);
  }
  for (const auto& pool : policy.pools) {
    text += describe_limits("pool " + pool.name, pool.inrush);
  }
  return text;
}

}  // namespace ecokube
