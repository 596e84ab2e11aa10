#pragma once

#include <optional>
#include <string>

#include "common/policy_clock.h"
#include "lab/kubelet/pod_order.h"

namespace ecokube::lab {

/// All that a pod's process was and is.
struct PodProcess {
  std::optional<TimePoint> started_at;  ///< last start
  std::optional<TimePoint> ended_at;    ///< last end
  bool running = false;
  std::optional<TimePoint> asked_to_end_at;
  bool killed = false;
  int exit_code = 0;    ///< of the last end
  std::string trouble;  ///< why the last start failed; empty when it did not
  int restarts = 0;
  bool lost = false;  ///< it ran before this kubelet started, and may not run again
};

enum class PodStep {
  wait,
  start,
  ask_to_end,   ///< SIGTERM
  kill,         ///< SIGKILL
  report_lost,  ///< it ended unseen with an earlier boot
  done,         ///< no process, and there will be none
};

struct PodDecision {
  PodStep step = PodStep::wait;
  std::optional<TimePoint> reconsider_at;
  bool operator==(const PodDecision&) const = default;
};

/// `vanished`: the object is gone. `stopping`: the kubelet itself was told to stop.
struct PodSituation {
  bool vanished = false;
  bool stopping = false;
  TimePoint now;
};

/// What to do next with one pod's process.
[[nodiscard]] PodDecision decide(const PodOrder& order, const PodProcess& process,
                                 const PodSituation& situation, Duration restart_pause,
                                 Duration stop_grace);

/// True: an end with this exit code is not the pod's end.
[[nodiscard]] bool is_restarted(RestartPolicy policy, int exit_code);

}  // namespace ecokube::lab
