#include "coordinator/config_inrush.h"

#include <algorithm>
#include <chrono>

namespace ecokube {
namespace {

using core::InrushLimits;
using core::RateLimit;

constexpr std::int64_t kMachinesMax = 100'000;

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
  return text.empty() ? text : whose + ": " + text + "\n";
}

}  // namespace

InrushLimits read_inrush_limits(ConfigTable table, InrushLimits limits) {
  limits.starts = read_rate(table, "starts", limits.starts);
  limits.downs = read_rate(table, "downs", limits.downs);
  limits.booting_max = table.integer("booting_max", limits.booting_max, 0, kMachinesMax);
  return limits;
}

void read_inrush(ConfigTable table, core::Inrush& inrush) {
  inrush.all = read_inrush_limits(table, inrush.all);
  inrush.power_domain = read_inrush_limits(table.table("power_domain"), inrush.power_domain);
  inrush.power_domain_label = table.text("power_domain_label", inrush.power_domain_label);
  inrush.jitter = table.seconds("jitter_s", inrush.jitter, Duration(0), std::chrono::seconds(30));
}

std::string describe_inrush(const core::Policy& policy) {
  std::string text = describe_limits("all machines", policy.inrush.all) +
                     describe_limits("each power domain", policy.inrush.power_domain);
  for (const auto& pool : policy.pools) {
    text += describe_limits("pool " + pool.name, pool.inrush);
  }
  return text;
}

}  // namespace ecokube
