#pragma once

#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/binding.h"

namespace ecokube::core::test {

[[nodiscard]] inline std::string subject(const std::string& pod) {
  return subject_of({"uid-" + pod, "default", pod});
}

/// Three workers that are on, and pods that wait for us.
class BindingTest : public testing::Test {
 protected:
  BindingTest() { bench.fleet({"w1", "w2", "w3"}); }

  void see_bound(const std::string& name, const NodeName& node, std::int64_t millicores) {
    KubePod pod = bound_pod(name, node);
    pod.requests.cpu_millicores = millicores;
    bench.see(PodSeen{pod});
  }
  /// Where the plan binds it; empty: nowhere.
  NodeName goes_to(const std::string& pod) const {
    const auto step = bench.planned(subject(pod), Verb::bind);
    return step ? std::get<BindPod>(step->action).node : NodeName();
  }
  std::string told(const std::string& pod) const {
    const auto step = bench.planned(subject(pod), Verb::report_unschedulable);
    return step ? std::get<ReportUnschedulable>(step->action).message : std::string();
  }
  Step start(const std::string& pod) { return bench.start(subject(pod), Verb::bind); }
  std::size_t planned(Verb verb) const {
    std::size_t count = 0;
    for (const auto& step : bench.plan().steps) count += step.id.verb == verb ? 1 : 0;
    return count;
  }

  Bench bench;
};

}  // namespace ecokube::core::test
