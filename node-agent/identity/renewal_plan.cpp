#include "node-agent/identity/renewal_plan.h"

#include <algorithm>

#include "common/backoff.h"
#include "node-agent/identity/date_text.h"

namespace ecokube::agent {

TimePoint RenewalPlan::due() const {
  if (failures_ > 0 || wanted_) return not_before_;
  const auto two_thirds = (validity_.not_after - validity_.not_before) * 2 / 3;
  return std::max(validity_.not_before + two_thirds, not_before_);
}

void RenewalPlan::failed(const std::string& why, TimePoint now, std::uint64_t random) {
  ++failures_;
  problem_ = why;
  not_before_ = now + next_delay(failures_, random, kPauseMin, kPauseMax);
}

void RenewalPlan::renewed(const Validity& validity, TimePoint now) {
  validity_ = validity;
  failures_ = 0;
  problem_.clear();
  wanted_ = false;
  not_before_ = now + kPauseMax;
}

std::string RenewalPlan::veto(TimePoint now) const {
  const auto life = validity_.not_after - validity_.not_before;
  if (failures_ == 0 || validity_.not_after - now > life / 6) return {};
  return "this node's certificate ends at " + date_text(validity_.not_after) +
         " and could not be renewed: " + problem_;
}

}  // namespace ecokube::agent
