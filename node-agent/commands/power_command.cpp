#include "node-agent/commands/power_command.h"

#include <time.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <iostream>
#include <string_view>

#include "common/boot_clock.h"
#include "node-agent/commands/power_report.h"

namespace ecokube::agent {
namespace {

constexpr int kExitNotMeasured = 1;

void wait_until(std::chrono::nanoseconds boottime) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(boottime);
  const timespec until{static_cast<time_t>(seconds.count()),
                       static_cast<long>((boottime - seconds).count())};
  while (::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

void print(const PowerCommand& command, const PowerReport& report) {
  if (command.json) {
    std::cout << boost::json::serialize(report_json(report)) << std::endl;
    return;
  }
  constexpr std::string_view kFromTheTop = "\x1b[H\x1b[J";
  if (command.watch && ::isatty(STDOUT_FILENO) == 1) std::cout << kFromTheTop;
  std::cout << report_text(report) << std::flush;
}

}  // namespace

Result<int> run_power(const PowerCommand& command) {
  const auto interval = std::chrono::round<std::chrono::nanoseconds>(
      std::chrono::duration<double>(command.interval_s));
  PowerMeterOptions options;
  options.sysfs_root = command.sysfs_root;
  KernelClock clock;
  PowerMeter meter(options, clock);
  PowerReporter reporter;
  meter.sample();
  auto report = reporter.report(meter, clock.now());
  auto next = boottime_now();
  do {
    next += interval;
    wait_until(next);
    meter.sample();
    report = reporter.report(meter, clock.now());
    // The first figure of a source has nothing before it to be compared with.
    if (!report.power && report.source != PowerSource::none && !command.watch) {
      next += interval;
      wait_until(next);
      meter.sample();
      report = reporter.report(meter, clock.now());
    }
    print(command, report);
  } while (command.watch && std::cout.good());
  return report.source == PowerSource::none ? kExitNotMeasured : 0;
}

}  // namespace ecokube::agent
