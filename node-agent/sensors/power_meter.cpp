#include "node-agent/sensors/power_meter.h"

namespace ecokube::agent {
namespace {

// A counter may be ahead of the machine's configured peak for a moment: twice, as powercap's.
std::optional<Power> bound(const PowerMeterOptions& options) {
  return options.peak ? std::optional(*options.peak + *options.peak) : std::nullopt;
}

constexpr Power kMachineMax = Power::watts(100'000);

}  // namespace

PowerMeter::PowerMeter(const PowerMeterOptions& options, SampleClock& clock)
    : clock_(clock),
      hwmon_(options.sysfs_root, options.hwmon_chip, bound(options).value_or(kMachineMax)),
      powercap_(options.sysfs_root, bound(options)) {
  if (options.idle && options.peak)
    model_.emplace(options.procfs_root, *options.idle, *options.peak);
}

PowerSource PowerMeter::choose() const {
  if (hwmon_.measures()) return PowerSource::hwmon;
  for (const auto source : {PowerSource::psys, PowerSource::rapl}) {
    if (powercap_.measures(source)) return source;
  }
  return model_ ? PowerSource::model : PowerSource::none;
}

void PowerMeter::sample() {
  hwmon_.sample(clock_);
  powercap_.sample(clock_);
  source_ = choose();
  if (!model_) return;
  if (source_ == PowerSource::model) {
    model_->sample(clock_);
  } else {
    model_->pause();
  }
}

NodeEnergy PowerMeter::node() const {
  switch (source_) {
    case PowerSource::hwmon: return {source_, hwmon_.total(), hwmon_.unknown_intervals()};
    case PowerSource::psys:
    case PowerSource::rapl:
      return {source_, powercap_.total(source_), powercap_.unknown_intervals(source_)};
    case PowerSource::model: return {source_, model_->total(), model_->unknown_intervals()};
    case PowerSource::none: break;
  }
  return {};
}

std::vector<EnergyReading> PowerMeter::readings() const {
  auto readings = powercap_.readings(source_);
  if (hwmon_.measures()) {
    readings.push_back({PowerSource::hwmon, "node", hwmon_.total(), source_ == PowerSource::hwmon,
                        hwmon_.unknown_intervals()});
  }
  if (source_ == PowerSource::model) {
    readings.push_back(
        {PowerSource::model, "node", model_->total(), true, model_->unknown_intervals()});
  }
  return readings;
}

std::string PowerMeter::why_not_measured() const {
  if (source_ != PowerSource::none && !is_estimate(source_)) return {};
  if (powercap_.denied()) {
    return "no permission to read the energy counters: CAP_DAC_READ_SEARCH is missing";
  }
  if (powercap_.zones().empty()) {
    return "the machine shows no energy counters: no zone in /sys/class/powercap and no power "
           "meter "
           "in /sys/class/hwmon";
  }
  return "no package's energy counter moves";
}

}  // namespace ecokube::agent
