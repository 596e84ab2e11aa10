#include "coordinator/enrolment/attempt_limit.h"

namespace ecokube::enrolment {

void AttemptLimit::forget_old(TimePoint now) {
  std::erase_if(addresses_,
                [now](const auto& entry) { return entry.second.since + kWindow <= now; });
  if (all_.since + kWindow <= now) all_ = {now, 0};
}

Result<void> AttemptLimit::check(const std::string& address, TimePoint now) {
  forget_old(now);
  const auto found = addresses_.find(address);
  const bool one = found != addresses_.end() && found->second.failures >= kFailuresMax;
  if (!one && all_.failures < kFailuresOfAllMax) return {};
  return fail(Errc::busy, "too many enrolments failed lately; try again in a minute");
}

void AttemptLimit::failed(const std::string& address, TimePoint now) {
  forget_old(now);
  ++all_.failures;
  const auto found = addresses_.find(address);
  if (found != addresses_.end()) {
    ++found->second.failures;
  } else if (addresses_.size() < kAddressesMax) {
    addresses_[address] = {now, 1};  // else the count of all is what holds them
  }
}

}  // namespace ecokube::enrolment
