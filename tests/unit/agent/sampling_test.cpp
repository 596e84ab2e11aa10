// Goal: sampling costs next to nothing: in step, and without memory taken. Method: malloc is
// counted while the agent's own timer drives its own sensors over a made tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "common/boot_clock.h"
#include "node-agent/measuring.h"
#include "node-agent/sample_timer.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/unit/agent/allocation_count.h"
#include "tests/unit/agent/sensor_fixture.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kTicks = 20;

struct Machine {
  PowercapTree tree;

  Machine() {
    for (const auto* package : {"intel-rapl:0", "intel-rapl:1"}) {
      tree.zone(package, package == std::string("intel-rapl:0") ? "package-0" : "package-1", 1);
      tree.zone(std::string(package) + ":0", "core", 1);
      tree.zone(std::string(package) + ":1", "dram", 1);
    }
    tree.root.write("proc/stat", "cpu 1 0 1 8 0 0 0 0 0 0\n");
  }
  void move(std::uint64_t joules) {
    for (const auto* package : {"intel-rapl:0", "intel-rapl:1"}) {
      tree.energy(package, 10 * joules);
      tree.energy(std::string(package) + ":0", 5 * joules);
      tree.energy(std::string(package) + ":1", joules);
    }
  }
};

// Each source in turn: what is allocated at the first looks is not what the loop does.
TEST(Sampling, TakesNoMemory) {
  for (const bool meter : {true, false}) {
    Machine machine;
    if (meter) {
      machine.tree.root.write("class/hwmon/hwmon0/name", "power_meter\n");
      machine.tree.root.write("class/hwmon/hwmon0/power1_average", "60000000\n");
    }
    FakeClock clock;
    PowerMeterOptions options{machine.tree.root.path(), machine.tree.root / "proc", Power::watts(5),
                              Power::watts(50)};
    PowerMeter sensors(options, clock);
    std::int64_t taken = 0;
    for (int i = 1; i <= 40; ++i) {  // it looks for a meter again each 10 s
      machine.move(static_cast<std::uint64_t>(i));
      clock.at(seconds(i));
      const auto before = allocations();
      sensors.sample();
      if (i > 3) taken += allocations() - before;
    }
    EXPECT_EQ(taken, 0) << (meter ? "with a meter" : "without");
    EXPECT_EQ(sensors.node().source, meter ? PowerSource::hwmon : PowerSource::rapl);
  }
}

TEST(Sampling, ItsTimerTakesNoMemoryAndKeepsStep) {
  boost::asio::io_context io(1);
  int ticks = 0;
  std::int64_t before = 0, after = 0;
  const std::chrono::nanoseconds step = milliseconds(10);
  const auto timer = test::must(SampleTimer::make(io.get_executor(), milliseconds(10), [&] {
    if (++ticks == kTicks / 2) before = allocations();
    if (ticks == kTicks) {
      after = allocations();
      io.stop();
    }
  }));
  const auto begun = boottime_now();
  timer->start();
  io.run();
  EXPECT_EQ(after, before);
  EXPECT_GE(boottime_now() - begun, step * (kTicks - 1));
}

TEST(Sampling, TellsEnergyNoFinerThanByTheSecond) {
  Machine machine;
  Config config;
  config.roots.sysfs = machine.tree.root.path();
  config.roots.procfs = machine.tree.root / "proc";
  Measuring measuring(config);
  std::uint64_t joules = 0;
  const auto told_at = [&](milliseconds time) {
    machine.move(++joules);
    measuring.sample();
    v1::Heartbeat heartbeat;
    heartbeat.set_uptime_ms(time.count());
    measuring.write(heartbeat, time);
    const bool any = heartbeat.energy_size() > 0;
    return std::pair(heartbeat.energy_at_ms(), any ? heartbeat.energy(0).microjoules() : 0);
  };
  for (int i = 1; i < 10; ++i) (void)told_at(seconds(i));  // a zone must move before it counts
  const auto first = told_at(seconds(10));
  EXPECT_EQ(first.first, 10'000);
  EXPECT_GT(first.second, 0U);
  for (const auto later : {milliseconds(10'001), milliseconds(10'500), milliseconds(10'989)}) {
    EXPECT_EQ(told_at(later), first) << later.count();
  }
  const auto second = told_at(seconds(11));
  EXPECT_EQ(second.first, 11'000);
  EXPECT_GT(second.second, first.second);
}

TEST(Sampling, BeginsAtAMultipleOfTheInterval) {
  EXPECT_EQ(next_multiple(milliseconds(12'345), seconds(1)), seconds(13));
  EXPECT_EQ(next_multiple(seconds(13), seconds(1)), seconds(14));
  EXPECT_EQ(next_multiple(milliseconds(61), milliseconds(10)), milliseconds(70));
}

TEST(Sampling, StopsWhenTold) {
  boost::asio::io_context io(1);
  int ticks = 0;
  std::unique_ptr<SampleTimer> timer;
  timer = test::must(SampleTimer::make(io.get_executor(), milliseconds(10), [&] {
    if (++ticks == 2) timer->stop();
  }));
  timer->start();
  io.run();
  EXPECT_EQ(ticks, 2);
}

}  // namespace
}  // namespace ecokube::agent
