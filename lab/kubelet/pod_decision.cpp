#include "lab/kubelet/pod_decision.h"

#include <algorithm>

namespace ecokube::lab {
namespace {

PodDecision end_in_time(const PodProcess& process, Duration grace, TimePoint now) {
  if (process.killed) return {};
  if (!process.asked_to_end_at) return {PodStep::ask_to_end, now + grace};
  const auto deadline = *process.asked_to_end_at + grace;
  return now >= deadline ? PodDecision{PodStep::kill, {}} : PodDecision{PodStep::wait, deadline};
}

PodDecision first_start(const PodOrder& order) {
  const bool ended = order.phase == "Succeeded" || order.phase == "Failed";
  if (ended || !order.unrunnable.empty()) return {PodStep::done, {}};
  if (order.phase == "Running" && order.restart == RestartPolicy::never) {
    return {PodStep::report_lost, {}};
  }
  return {PodStep::start, {}};
}

}  // namespace

bool is_restarted(RestartPolicy policy, int exit_code) {
  return policy == RestartPolicy::always || (policy == RestartPolicy::on_failure && exit_code != 0);
}

PodDecision decide(const PodOrder& order, const PodProcess& process, const PodSituation& situation,
                   Duration restart_pause, Duration stop_grace) {
  if (process.running) {
    if (situation.vanished) return {process.killed ? PodStep::wait : PodStep::kill, {}};
    if (situation.stopping) {
      return end_in_time(process, std::min(order.grace, stop_grace), situation.now);
    }
    return order.deleting ? end_in_time(process, order.grace, situation.now) : PodDecision{};
  }
  const bool unwanted = situation.vanished || situation.stopping || order.deleting;
  if (unwanted || process.lost) return {PodStep::done, {}};
  if (!process.ended_at) return first_start(order);
  if (!is_restarted(order.restart, process.exit_code)) return {PodStep::done, {}};
  const auto again = *process.ended_at + restart_pause;
  if (situation.now < again) return {PodStep::wait, again};
  return {PodStep::start, {}};
}

}  // namespace ecokube::lab
