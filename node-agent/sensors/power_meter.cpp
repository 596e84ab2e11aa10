#include "node-agent/sensors/power_meter.h"

namespace ecokube::agent {

PowerMeter::PowerMeter(const PowerMeterOptions& options)
    // A counter may be ahead of the machine's configured peak for a moment: twice, as powercap's.
    : powercap_(options.sysfs_root,
                options.peak ? std::optional(*options.peak + *options.peak) : std::nullopt) {
  if (options.idle && options.peak)
    model_.emplace(options.procfs_root, *options.idle, *options.peak);
}

void PowerMeter::sample(std::chrono::nanoseconds at) {
  powercap_.sample(at);
  if (model_) model_->sample(at);
}

std::vector<EnergyReading> PowerMeter::readings() const {
  auto readings = powercap_.readings();
  if (model_ && !powercap_.measures_node()) readings.push_back(model_->reading());
  return readings;
}

}  // namespace ecokube::agent
