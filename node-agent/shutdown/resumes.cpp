#include "node-agent/shutdown/resumes.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "common/durable_file.h"
#include "common/log.h"
#include "common/whole_file.h"

namespace ecokube::agent {
namespace {

/// No sleep is shorter; two readings of two clocks may be this far apart.
constexpr std::chrono::milliseconds kSleepMin{100};

}  // namespace

Resumes::Resumes(const std::filesystem::path& state_dir, std::string boot_id, SampleClock& clock)
    : file_(state_dir / "resumes"), boot_id_(std::move(boot_id)), clock_(clock), slept_(slept()) {
  std::string boot;
  std::uint32_t known = 0;
  std::int64_t slept_ms = 0;
  // "<boot id> <resumes> <ms slept in all>"
  const auto text = read_whole_file(file_);
  if (!text || !(std::istringstream(*text) >> boot >> known >> slept_ms) || boot != boot_id_) {
    write();
    return;
  }
  count_ = known;
  slept_ = std::chrono::milliseconds(slept_ms);
  (void)count();
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
  const auto now = slept();
  if (now - slept_ < kSleepMin) return count_;
  log::info("this machine slept ms={}", (now - slept_).count());
  slept_ = now;
  came_back();
  return count_;
}

void Resumes::came_back() {
  ++count_;
  write();
}

// Without it a restarted agent counts from anew; it is then the same life as before to nobody.
void Resumes::write() const {
  const auto text = boot_id_ + " " + std::to_string(count_) + " " + std::to_string(slept_.count());
  const auto written = replace_synced(file_, text + "\n", FileMode::owner_only);
  if (!written) log::warn("how often it slept is not on disk why=\"{}\"", written.error().message);
}

}  // namespace ecokube::agent
