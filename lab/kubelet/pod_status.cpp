#include "lab/kubelet/pod_status.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "coordinator/kubernetes/json_access.h"
#include "lab/kubelet/node_objects.h"

namespace ecokube::lab {
namespace {

using boost::json::object;

constexpr std::string_view kLostReason = "Lost";
constexpr std::string_view kCannotRunReason = "CannotRun";
constexpr int kKilledExitCode = 137;  // 128 + SIGKILL: nobody saw how it really ended

object terminated_state(const PodProcess& process) {
  object terminated{{"exitCode", process.exit_code}};
  if (!process.trouble.empty()) {
    terminated["reason"] = "StartError";
    terminated["message"] = process.trouble;
  } else {
    terminated["reason"] = process.exit_code == 0 ? "Completed" : "Error";
  }
  if (process.started_at) terminated["startedAt"] = second_time(*process.started_at);
  if (process.ended_at) terminated["finishedAt"] = second_time(*process.ended_at);
  return {{"terminated", std::move(terminated)}};
}

object lost_state() {
  return {{"terminated", {{"exitCode", kKilledExitCode}, {"reason", "ContainerStatusUnknown"}}}};
}

object container_status(const PodOrder& order, const PodProcess& process) {
  const bool restarted =
      !process.running && !process.lost && is_restarted(order.restart, process.exit_code);
  object status{{"name", order.container},
                {"image", order.image},
                {"ready", process.running},
                {"restartCount", process.restarts}};
  if (process.running) {
    status["state"] = {{"running", {{"startedAt", second_time(*process.started_at)}}}};
  } else if (restarted) {
    status["state"] = {{"waiting", {{"reason", "CrashLoopBackOff"}}}};
    status["lastState"] = terminated_state(process);
  } else {
    status["state"] = process.lost ? lost_state() : terminated_state(process);
  }
  return status;
}

bool never_ran_here(const PodProcess& process) { return !process.running && !process.ended_at; }

}  // namespace

std::string_view phase_of(const PodOrder& order, const PodProcess& process) {
  if (process.lost) return "Failed";
  if (process.running) return "Running";
  if (never_ran_here(process)) {
    const bool ended = order.phase == "Succeeded" || order.phase == "Failed";
    return order.unrunnable.empty() || ended ? "" : "Failed";
  }
  if (is_restarted(order.restart, process.exit_code)) return "Running";
  return process.exit_code == 0 ? "Succeeded" : "Failed";
}

std::string status_digest(const PodOrder& order, const PodProcess& process) {
  const auto phase = phase_of(order, process);
  if (phase.empty()) return {};
  return fmt::format("{} {} {} {} {}", phase, process.running, process.restarts, process.exit_code,
                     process.trouble);
}

object pod_status_patch(const object& pod, const PodOrder& order, const PodProcess& process,
                        TimePoint now) {
  const auto at = second_time(now);
  object ready{{"type", "Ready"},
               {"status", process.running ? "True" : "False"},
               {"lastTransitionTime", at}};
  object status{{"phase", phase_of(order, process)}};
  const auto since = kubernetes::find_text(pod, {"status", "startTime"});
  status["startTime"] = since.empty() ? at : std::string(since);
  status["conditions"] =
      with_condition(kubernetes::find_array(pod, {"status", "conditions"}), std::move(ready));
  if (process.lost) {
    status["reason"] = kLostReason;
    status["message"] = "the node was switched off or its kubelet ended while the pod ran";
  }
  if (!process.lost && never_ran_here(process)) {
    status["reason"] = kCannotRunReason;
    status["message"] = order.unrunnable;
  } else {
    boost::json::array statuses;
    statuses.emplace_back(container_status(order, process));
    status["containerStatuses"] = std::move(statuses);
  }
  return {{"metadata", {{"uid", order.uid}}}, {"status", std::move(status)}};
}

}  // namespace ecokube::lab
