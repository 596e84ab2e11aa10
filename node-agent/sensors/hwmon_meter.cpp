#include "node-agent/sensors/hwmon_meter.h"

#include <limits.h>

#include <array>
#include <bitset>
#include <cstdio>
#include <string_view>
#include <utility>

#include "node-agent/sensors/folder_entries.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

constexpr std::chrono::seconds kLookPause{10};
constexpr std::chrono::seconds kGoodFor{5};
// Rounded to be of use with a sampling of one second that is a little early.
constexpr std::chrono::milliseconds kReadPause{900};
// The longest time that one figure may stand for.
constexpr std::chrono::seconds kIntervalMax{65};

constexpr std::size_t kChipsMax = 256;

/// The numbers N of class/hwmon/hwmonN.
std::bitset<kChipsMax> chips_in(const char* sysfs_root) {
  constexpr std::string_view kPrefix = "hwmon";
  std::bitset<kChipsMax> chips;
  std::array<char, PATH_MAX> path;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::snprintf(path.data(), path.size(), "%s/class/hwmon", sysfs_root);
  FolderEntries entries(path.data());
  while (const auto entry = entries.next()) {
    if (!entry->name.starts_with(kPrefix)) continue;
    const auto number = parse_number(entry->name.substr(kPrefix.size()));
    if (number && *number < chips.size()) chips.set(*number);
  }
  return chips;
}

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

HwmonMeter::HwmonMeter(std::filesystem::path sysfs_root, std::string chip, Power power_max)
    : sysfs_root_(std::move(sysfs_root)), chip_(std::move(chip)), power_max_(power_max) {}

// By number and in buffers of its own: most machines have no meter, and looking for one again and
// again must not allocate either.
void HwmonMeter::find(const Stamp& now) {
  looked_at_ = now.monotonic;
  std::array<char, PATH_MAX> path;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const auto open = [&](std::size_t chip, const char* folder, const char* attribute) {
    const int length = std::snprintf(path.data(), path.size(), "%s/class/hwmon/hwmon%zu/%s%s",
                                     sysfs_root_.c_str(), chip, folder, attribute);
    return length > 0 && static_cast<std::size_t>(length) < path.size() &&
           file_.open(path.data()) == 0;
  };
  const auto chips = chips_in(sysfs_root_.c_str());
  for (std::size_t chip = 0; chip < chips.size(); ++chip) {
    if (!chips[chip]) continue;
    // Older drivers have their attributes one folder further down.
    for (const char* folder : {"", "device/"}) {
      if (!open(chip, folder, "name")) continue;
      std::array<char, 64> name;  // NOLINT(cppcoreguidelines-pro-type-member-init)
      if (file_.read(name.data(), name.size()).text != chip_) continue;
      for (const char* attribute : {"power1_average", "power1_input"}) {
        if (open(chip, folder, attribute)) return;
      }
    }
  }
  file_.close();
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
