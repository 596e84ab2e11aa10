#include "node-agent/shutdown/resumes.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "common/durable_file.h"
#include "common/log.h"
#include "common/whole_file.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

/// No sleep is shorter; two readings of two clocks may be this far apart.
constexpr std::chrono::milliseconds kSleepMin{100};

}  // namespace

Resumes::Resumes(const std::filesystem::path& state_dir, std::string boot_id, SampleClock& clock,
                 const std::filesystem::path& sysfs)
    : file_(state_dir / "resumes"),
      stats_(sysfs / "power/suspend_stats/success"),
      boot_id_(std::move(boot_id)),
      clock_(clock),
      slept_(slept()),
      suspends_(suspends()) {
  std::string boot;
  std::uint32_t known = 0, suspends = 0;
  std::int64_t slept_ms = 0;
  // "<boot id> <resumes> <ms slept in all> <suspends in all>"
  const auto text = read_whole_file(file_);
  std::istringstream words(text ? *text : "");
  if (!(words >> boot >> known >> slept_ms >> suspends) || boot != boot_id_) {
    write();
    return;
  }
  count_ = known;
  slept_ = std::chrono::milliseconds(slept_ms);
  suspends_ = suspends;
  (void)count();
}

// 0 where the kernel counts none.
std::uint32_t Resumes::suspends() const {
  return static_cast<std::uint32_t>(parse_number(read_small_file(stats_).text).value_or(0));
}

// We may be scheduled out between the clocks, which only widens their distance: the least of some.
std::chrono::milliseconds Resumes::slept() const {
  constexpr int kLooks = 3;
  auto least = std::chrono::milliseconds::max();
  for (int look = 0; look < kLooks; ++look) {
    const auto now = clock_.now();
    const auto apart =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.boottime - now.monotonic);
    least = std::min(least, apart);
  }
  return least;
}

std::uint32_t Resumes::count() {
  constexpr std::chrono::seconds kCountedWithin{10};
  const auto now = clock_.now().monotonic;
  const auto longer = slept() - slept_;
  const auto suspends_now = suspends();
  if (now - told_at_ > kCountedWithin) told_early_ = 0;
  const auto more = suspends_now > suspends_ ? suspends_now - suspends_ : 0;
  const auto known = std::min(more, told_early_);
  const bool by_clocks = longer >= kSleepMin;
  if (more == 0 && !by_clocks) return count_;
  told_early_ -= known;
  suspends_ = suspends_now;
  if (by_clocks) slept_ += longer;
  auto news = more - known;
  if (by_clocks && more == 0) {
    ++told_early_;
    told_at_ = now;
    news = 1;
  }
  if (news > 0) log::info("this machine slept times={} ms={}", news, longer.count());
  count_ += news;
  write();
  return count_;
}

void Resumes::came_back() {
  ++count_;
  write();
}

// Without it a restarted agent counts from anew; it is then the same life as before to nobody.
void Resumes::write() const {
  const auto text = boot_id_ + " " + std::to_string(count_) + " " + std::to_string(slept_.count()) +
                    " " + std::to_string(suspends_);
  const auto written = replace_synced(file_, text + "\n", FileMode::owner_only);
  if (!written) log::warn("how often it slept is not on disk why=\"{}\"", written.error().message);
}

}  // namespace ecokube::agent
