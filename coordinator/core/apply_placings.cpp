// Our own steps on pods: what we have bound counts at once, and until the view says more.
#include <algorithm>

#include "common/backoff.h"
#include "coordinator/core/apply.h"

namespace ecokube::core::detail {
namespace {

/// A bind that the view does not show by then did not come to be.
constexpr Duration kAssumedFor{std::chrono::seconds(30)};

std::string uid_of(const StepId& id) { return pod_of(id.subject).value_or(PodRef()).uid; }

/// The pod is seen anew, with or without the node that we think it has.
void look_again(World& world, const std::string& uid, TimePoint now) {
  const auto known = world.pods.find(uid);
  if (known == world.pods.end()) return;
  KubePod pod = known->second;
  pod.node.clear();
  see_pod(world, std::move(pod), now);
}

void take_back(World& world, Placing& placing, TimePoint now) {
  placing.node.clear();
  placing.uncertain = false;
  placing.assumed_until.reset();
  look_again(world, placing.pod.uid, now);
}

void end_bind(World& world, Placing& placing, const StepEnded& fact, TimePoint now) {
  // After a lost answer a no may well mean that it is bound by us; the view will tell.
  if (fact.outcome == Outcome::refused && !placing.uncertain) {
    return take_back(world, placing, now);
  }
  placing.uncertain = fact.outcome == Outcome::failed;
  placing.assumed_until = now + kAssumedFor;
}

}  // namespace

void begin_placing(World& world, const Step& step, TimePoint now) {
  auto& placing = world.placings[uid_of(step.id)];
  placing.in_flight = step.id;
  placing.attempts[step.id.verb] = step.id.attempt;
  if (const auto* bind = std::get_if<BindPod>(&step.action)) {
    placing.pod = bind->pod;
    placing.node = bind->node;
    placing.assumed_until.reset();
    look_again(world, bind->pod.uid, now);
  } else if (const auto* report = std::get_if<ReportUnschedulable>(&step.action)) {
    placing.pod = report->pod;
    placing.reported = report->message;
    placing.reported_at = now;
  }
}

void end_placing(World& world, const StepEnded& fact, TimePoint now) {
  const auto at = world.placings.find(uid_of(fact.id));
  if (at == world.placings.end() || at->second.in_flight != fact.id) return;
  auto& placing = at->second;
  placing.in_flight.reset();
  placing.retry_not_before.reset();
  if (fact.outcome != Outcome::done) placing.retry_not_before = retry_at(fact, now);
  if (fact.id.verb == Verb::bind) return end_bind(world, placing, fact, now);
  if (fact.outcome != Outcome::done) placing.reported.clear();
}

void forget_placing(World& world, const std::string& uid) { world.placings.erase(uid); }

void expire_placings(World& world, TimePoint now) {
  for (auto& [uid, placing] : world.placings) {
    const bool over = placing.assumed_until && *placing.assumed_until <= now;
    if (over && !placing.in_flight) take_back(world, placing, now);
  }
}

void doubt_placings(World& world, TimePoint now) {
  for (auto& [uid, placing] : world.placings) {
    if (!placing.in_flight && !placing.node.empty()) take_back(world, placing, now);
  }
}

}  // namespace ecokube::core::detail
