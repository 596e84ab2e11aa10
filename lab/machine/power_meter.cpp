#include "lab/machine/power_meter.h"

#include <algorithm>

namespace ecokube::lab {

namespace {

std::int64_t capped(const PowerModel& model, std::int64_t busy_millicores) {
  return std::clamp<std::int64_t>(busy_millicores, 0, model.cpu_millicores);
}

}  // namespace

Power draw(const PowerModel& model, PowerState state, std::int64_t busy_millicores) {
  switch (state) {
    case PowerState::off: return model.off;
    case PowerState::booting: return model.peak;
    case PowerState::on:
    case PowerState::dying: break;
  }
  const std::int64_t span_mw = model.peak.milliwatts() - model.idle.milliwatts();
  return Power::milliwatts(model.idle.milliwatts() +
                           span_mw * capped(model, busy_millicores) / model.cpu_millicores);
}

void PowerMeter::advance(TimePoint now, PowerState state, std::int64_t busy_millicores) {
  const Duration elapsed = now - at_;
  at_ = now;
  if (elapsed.count() <= 0) return;
  const Energy energy = energy_of(draw(model_, state, busy_millicores), elapsed);
  total_ += energy;
  if (state == PowerState::off) return;
  since_boot_ += energy;
  if (state != PowerState::booting) {
    busy_millicore_ms_ += capped(model_, busy_millicores) * elapsed.count();
  }
}

std::uint64_t PowerMeter::core_counter_uj() const {
  constexpr std::uint64_t kCoresOfTen = 6;
  return since_boot_.microjoules() / 10 * kCoresOfTen % range_uj_;
}

double PowerMeter::busy_seconds() const {
  constexpr double kMsPerSecond = 1000.0;
  return static_cast<double>(busy_millicore_ms_) / static_cast<double>(model_.cpu_millicores) /
         kMsPerSecond;
}

}  // namespace ecokube::lab
