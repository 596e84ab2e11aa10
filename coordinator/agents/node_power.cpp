#include "coordinator/agents/node_power.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace ecokube {
namespace {

constexpr Power kSanePower = Power::watts(1'000'000);

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : "+") + word;
  return text;
}

}  // namespace

Result<NodePowerSample> NodePower::update(
    const google::protobuf::RepeatedPtrField<v1::EnergyCounter>& counters,
    std::chrono::milliseconds uptime) {
  NodePowerSample sample;
  Totals now;
  now.uptime = uptime;
  std::set<std::string> sources;
  for (const auto& counter : counters) {
    if (!counter.counts_for_node()) continue;
    const auto room = std::numeric_limits<std::uint64_t>::max() - now.energy.microjoules();
    if (counter.microjoules() > room) return fail(Errc::protocol, "energy counters overflow");
    now.energy += Energy::microjoules(counter.microjoules());
    now.unknown_intervals += counter.unknown_intervals();
    now.domains.push_back(counter.source() + " " + counter.domain());
    sources.insert(counter.source());
  }
  std::sort(now.domains.begin(), now.domains.end());
  if (std::adjacent_find(now.domains.begin(), now.domains.end()) != now.domains.end()) {
    return fail(Errc::protocol, "an energy counter is listed twice");
  }
  if (now.domains.empty()) {
    last_.reset();
    return sample;
  }
  if (last_ && last_->uptime == now.uptime && last_->energy == now.energy) return sample_;
  sample.source = joined(sources);
  sample.energy = now.energy;
  sample.unknown_intervals = now.unknown_intervals;
  if (last_ && last_->domains == now.domains && now.energy >= last_->energy &&
      now.unknown_intervals == last_->unknown_intervals && now.uptime > last_->uptime) {
    const auto used = Energy::microjoules(now.energy.microjoules() - last_->energy.microjoules());
    const auto elapsed = now.uptime - last_->uptime;
    const auto sane = static_cast<std::uint64_t>(kSanePower.milliwatts());
    if (used.microjoules() / static_cast<std::uint64_t>(elapsed.count()) <= sane) {
      sample.power = mean_power(used, elapsed);
    }
  }
  last_ = std::move(now);
  sample_ = sample;
  return sample;
}

}  // namespace ecokube
