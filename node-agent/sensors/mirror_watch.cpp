#include "node-agent/sensors/mirror_watch.h"

#include <algorithm>

namespace ecokube::agent {

void MirrorWatch::compare(std::uint64_t first_uj, std::uint64_t second_uj,
                          std::chrono::nanoseconds apart, const CounterLimits& limits) {
  constexpr int kAlikeForMirror = 5;
  // Counters are brought up to date each millisecond: two reads of one register may see it change
  // once more in between than their time says.
  constexpr std::chrono::milliseconds kUpdate{2};
  if (verdict_ != Verdict::undecided) return;
  const auto between = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::abs(apart));
  const auto most = energy_of(limits.power_max, between + kUpdate).microjoules();
  auto difference = std::max(first_uj, second_uj) - std::min(first_uj, second_uj);
  // One of them may have wrapped already.
  if (limits.range_uj > difference) difference = std::min(difference, limits.range_uj - difference);
  if (difference > most) {
    verdict_ = Verdict::distinct;
    return;
  }
  if (moved_alike_ < 0 || second_uj != last_uj_) ++moved_alike_;
  last_uj_ = second_uj;
  if (moved_alike_ >= kAlikeForMirror) verdict_ = Verdict::mirror;
}

}  // namespace ecokube::agent
