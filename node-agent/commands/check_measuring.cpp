#include <system_error>
#include <thread>

#include "node-agent/commands/check_findings.h"
#include "node-agent/sensors/power_meter.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored);
}

PowerMeterOptions options_of(const Config& config) {
  return {config.roots.sysfs, config.roots.procfs, config.idle, config.peak, config.hwmon_chip};
}

// Counters that move show it within a second; those that do not are taken for absent.
void watch(PowerMeter& meter) {
  constexpr int kSamples = 20;
  constexpr std::chrono::milliseconds kPause{100};
  for (int i = 0; i < kSamples; ++i) {
    meter.sample();
    const auto source = meter.node().source;
    if (source != PowerSource::none && !is_estimate(source)) return;
    if (meter.zones().empty() || meter.denied()) return;
    std::this_thread::sleep_for(kPause);
  }
}

// With a model to fall back on it is only a warning.
Finding why_none(const Config& config, const PowerMeter& meter) {
  const auto say = config.idle ? warning : problem;
  const std::string model =
      config.idle ? "" : ", or give idle_watts and peak_watts in [power] for an estimate";
  if (meter.denied()) {
    return say("no permission to read the energy counters: power is not measured",
               "run the agent with CAP_DAC_READ_SEARCH, or make energy_uj below " +
                   (config.roots.sysfs / "class/powercap").string() + " readable for its group" +
                   model);
  }
  if (!meter.zones().empty()) {
    return say("no package's energy counter moves: a virtual machine, or a driver that is wrong",
               "see `ecokube-agent power`" + model);
  }
  const auto cpu = read_small_file(config.roots.procfs / "cpuinfo").text;
  if (cpu.find(" hypervisor") != std::string::npos) {
    return say("this is a virtual machine: it shows no energy counters",
               config.idle ? "" : "give idle_watts and peak_watts in [power] for an estimate");
  }
  return say("the machine shows no energy counters",
             "load the driver: modprobe intel_rapl_msr (Intel, and AMD since Zen)" + model);
}

}  // namespace

std::vector<Finding> check_measuring(const Config& config) {
  std::vector<Finding> findings;
  KernelClock clock;
  PowerMeter meter(options_of(config), clock);
  watch(meter);
  const auto source = meter.node().source;
  if (source == PowerSource::none || is_estimate(source)) {
    findings.push_back(why_none(config, meter));
    if (config.idle) {
      findings.push_back(fine("power is estimated from idle_watts and peak_watts"));
    }
  } else {
    findings.push_back(fine("power is measured by " + std::string(to_string(source))));
  }
  const auto& cgroups = config.roots.cgroup;
  if (is_there(cgroups / "cgroup.controllers")) {
    findings.push_back(fine("cgroup version 2: pods get their share of the energy"));
  } else {
    findings.push_back(
        warning("no cgroup version 2 at " + cgroups.string() + ": no estimate of the pods' energy",
                "boot with systemd.unified_cgroup_hierarchy=1"));
  }
  return findings;
}

}  // namespace ecokube::agent
