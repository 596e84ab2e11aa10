#include "node-agent/sensors/hwmon_meter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kLookPause{10};
constexpr std::chrono::seconds kGoodFor{5};
// Rounded to be of use with a sampling of one second that is a little early.
constexpr std::chrono::milliseconds kReadPause{900};
// The longest time that one figure may stand for.
constexpr std::chrono::seconds kIntervalMax{65};

}  // namespace

std::optional<Power> plausible_power(std::uint64_t microwatts, Power power_max) {
  // Some kernels hand the sentinel on as it is, others turn it into microwatts.
  constexpr std::uint64_t kUnknown = 0xffffffff;
  if (microwatts == 0 || microwatts == kUnknown || microwatts == kUnknown * 1000) {
    return std::nullopt;
  }
  if (microwatts / 1000 > static_cast<std::uint64_t>(power_max.milliwatts())) return std::nullopt;
  return Power::milliwatts(static_cast<std::int64_t>(microwatts / 1000));
}

HwmonMeter::HwmonMeter(fs::path sysfs_root, std::string chip, Power power_max)
    : sysfs_root_(std::move(sysfs_root)), chip_(std::move(chip)), power_max_(power_max) {}

void HwmonMeter::find(const Stamp& now) {
  looked_at_ = now.monotonic;
  std::vector<fs::path> chips;
  std::error_code error;
  for (fs::directory_iterator it(sysfs_root_ / "class/hwmon", error), end; !error && it != end;
       it.increment(error)) {
    chips.push_back(it->path());
  }
  std::sort(chips.begin(), chips.end());
  for (const auto& chip : chips) {
    // Older drivers have their attributes one folder further down.
    for (const auto& folder : {chip, chip / "device"}) {
      if (read_small_file(folder / "name").text != chip_) continue;
      for (const auto* attribute : {"power1_average", "power1_input"}) {
        if (file_.open((folder / attribute).c_str()) == 0) return;
      }
    }
  }
}

void HwmonMeter::sample(SampleClock& clock) {
  const auto now = clock.now();
  if (!file_.is_open() && (!looked_at_ || now.monotonic - *looked_at_ >= kLookPause)) find(now);
  if (good_at_ && now.monotonic - good_at_->after.monotonic > kGoodFor) measures_ = false;
  if (!file_.is_open() || (read_at_ && now.monotonic - *read_at_ < kReadPause)) return;
  read_at_ = now.monotonic;
  const auto before = clock.now();
  const auto read = file_.read_number();
  const ReadTime at{before, clock.now()};
  if (attribute_gone(read.error)) file_.close();
  const auto power = read.error == 0 ? plausible_power(read.value, power_max_) : std::nullopt;
  if (power) take(*power, at);
}

void HwmonMeter::take(Power power, const ReadTime& at) {
  if (good_at_) {
    const auto elapsed =
        std::chrono::round<std::chrono::milliseconds>(elapsed_between(*good_at_, at));
    // A figure that was missing in between leaves a hole, unless it was missing for a moment only.
    const bool known = measures_ && elapsed.count() >= 0 && elapsed <= kIntervalMax &&
                       !suspended_between(good_at_->before, at.after);
    if (known) {
      total_ += energy_of(power, elapsed);
    } else {
      ++unknown_intervals_;
    }
  }
  measures_ = true;
  power_ = power;
  good_at_ = at;
}

}  // namespace ecokube::agent
