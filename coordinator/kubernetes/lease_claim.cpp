#include "coordinator/kubernetes/lease_claim.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/names.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::object;

constexpr Duration kAtOnce{0};
constexpr std::int64_t kGivenBackFor_s = 1;

/// By its holder, which then acts no more. A holder that somebody only struck out may not know.
bool is_given_back(const object& lease) {
  return find_text(lease, {"spec", "holderIdentity"}).empty() &&
         find_int(lease, {"spec", "leaseDurationSeconds"}, 0) == kGivenBackFor_s;
}

}  // namespace

void give_back(object& lease, const std::string& now) {
  auto& value = lease["spec"];
  auto& spec = value.is_object() ? value.get_object() : value.emplace_object();
  spec["holderIdentity"] = "";
  spec["leaseDurationSeconds"] = kGivenBackFor_s;
  spec["renewTime"] = now;
}

std::int64_t fence_of(const object& lease) {
  const auto text = annotation_of(lease, names::kFence);
  std::int64_t fence = 0;
  std::from_chars(text.data(), text.data() + text.size(), fence);
  return fence;
}

bool LeaseClaim::note(const object& lease) {
  highest_fence_ = std::max(highest_fence_, fence_of(lease));
  const auto before = std::exchange(last_revision_, revision_of(lease));
  const bool forwards = last_revision_ >= before;
  went_backwards_ = went_backwards_ || !forwards;
  return forwards;
}

void LeaseClaim::hold(const object& lease) {
  (void)note(lease);
  ours_until_ = TimePoint{};
  waiting_.reset();
  gone_since_.reset();
  tried_.reset();
}

std::optional<Duration> LeaseClaim::look_at_none(TimePoint now) {
  if (now < ours_until_) return kAtOnce;
  if (!gone_since_) gone_since_ = now;
  if (waiting_ && now < *gone_since_ + looks_every(duration_)) return std::nullopt;
  return waits_for(duration_);
}

std::optional<Duration> LeaseClaim::look(const object* lease, TimePoint now) {
  if (lease == nullptr) return look_at_none(now);
  const auto tried = unless_late(tried_.value_or(kAtOnce), now);
  ours_until_ = TimePoint{};
  gone_since_.reset();
  // From a restored past it says nothing of who held it since, and may not know yet.
  const bool forwards = note(*lease);
  // Nor does one that nobody looked at for long: between, all may have been, and been restored
  // away.
  const bool followed = now - std::exchange(looked_at_, now) <= duration_ / 2;
  const auto holder = find_text(*lease, {"spec", "holderIdentity"});
  const auto revision = revision_of(*lease);
  // It ran out here and nobody took it, or our write arrived that seemed lost.
  const bool ours = holder == own_ && (!waiting_ || tried_);
  if (ours && forwards) return tried;
  tried_.reset();
  const bool given_back = is_given_back(*lease);
  if (given_back && forwards && (!waiting_ || waiting_->revision != revision)) return kAtOnce;
  if (!forwards || !followed || !waiting_ || waiting_->holder != holder ||
      waiting_->revision != revision) {
    const std::chrono::seconds says(find_int(*lease, {"spec", "leaseDurationSeconds"}, 0));
    duration_ = std::max<Duration>(duration_, says);
    waiting_ = Waiting{std::string(holder), revision, now + waits_for(duration_)};
    return std::nullopt;
  }
  if (now <= waiting_->may_be_taken_at) return std::nullopt;
  return kAtOnce;
}

Duration LeaseClaim::unless_late(Duration wait, TimePoint answered) const {
  const bool late = ours_until_ != TimePoint{} && answered >= ours_until_;
  return late ? std::max(wait, waits_for(duration_)) : wait;
}

TimePoint LeaseClaim::acts_from(Duration wait, TimePoint answered) {
  acts_from_ = std::max(acts_from_, answered + unless_late(wait, answered));
  return acts_from_;
}

std::optional<TimePoint> LeaseClaim::may_be_taken_at() const {
  if (!waiting_) return std::nullopt;
  return gone_since_ ? *gone_since_ + looks_every(duration_) : waiting_->may_be_taken_at;
}

}  // namespace ecokube::kubernetes
