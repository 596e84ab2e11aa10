#include "tests/e2e/vm/wake_moments.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "common/boot_clock.h"
#include "common/json_find.h"

namespace ecokube::test {
namespace {

namespace json = boost::json;

/// One look after another at what shows how far the machine is.
class WakeWatch {
 public:
  WakeWatch(WakeLab& lab, std::string old_boot, std::string pod)
      : lab_(lab), old_boot_(std::move(old_boot)), pod_(std::move(pod)) {}

  /// True: the pod runs, and all before is known.
  bool look() {
    look_at_agent();
    const auto pod = lab_.pod(pod_);
    look_at_node();
    if (pod.phase != core::PodPhase::running) return false;
    if (pod.node != WakeLab::kNode) throw std::runtime_error("the pod runs elsewhere");
    note(moments.pod_runs);
    return moments.kernel_runs != TimePoint{};
  }

  WakeMoments moments;

 private:
  void note(TimePoint& moment) {
    if (moment == TimePoint{}) moment = clock_.now();
  }

  /// Its uptime comes a moment after its boot id.
  void look_at_agent() {
    if (moments.kernel_runs != TimePoint{}) return;
    const auto node = lab_.node();
    const std::string boot(find_text(node, {"agent", "boot_id"}));
    if (boot.empty() || boot == old_boot_) return;
    const auto heard_at = from_ms(find_int(node, {"agent", "heard_at_ms"}, 0));
    if (moments.boot_id.empty()) moments.agent_back = heard_at;
    moments.boot_id = boot;
    const auto* uptime = find(node, {"agent", "uptime_s"});
    constexpr double kMsPerS = 1000;
    const Duration up(std::llround(kMsPerS * uptime->to_number<double>()));
    if (up > Duration(0)) moments.kernel_runs = heard_at - up;
  }

  void look_at_node() {
    if (moments.uncordoned != TimePoint{}) return;
    const auto node = lab_.kube_node();
    const bool ready = node.ready == core::Readiness::ready && node.boot_id != old_boot_;
    if (ready) note(moments.kube_ready);
    if (node.unschedulable || has_our_taint(node)) return;
    look_at_agent();
    if (!ready || node.boot_id != moments.boot_id) {
      throw std::runtime_error("uncordoned before agent and kubelet of one new boot are back");
    }
    note(moments.uncordoned);
  }

  WakeLab& lab_;
  std::string old_boot_, pod_;
  RealClock clock_;
};

TimePoint told_at(const json::object& event) { return from_ms(find_int(event, {"at_ms"}, 0)); }

TimePoint switched_on_at(const lab::VirtualMachine& machine) {
  const auto ago = std::chrono::steady_clock::now() - machine.started();
  return RealClock().now() - std::chrono::duration_cast<Duration>(ago);
}

}  // namespace

std::vector<WakePart> parts_of(const WakeMoments& m) {
  return {{"decision to power", m.decided, m.powered},
          {"power to kernel", m.powered, m.kernel_runs},
          {"kernel to agent's first word", m.kernel_runs, m.agent_back},
          {"kernel to kubelet's Ready", m.kernel_runs, m.kube_ready},
          {"both to uncordoned", std::max(m.agent_back, m.kube_ready), m.uncordoned},
          {"uncordoned to pod Running", m.uncordoned, m.pod_runs},
          {"decision to Ready", m.decided, m.ready}};
}

WakeMoments follow_wake(WakeLab& lab, std::size_t from, const std::string& old_boot,
                        const std::string& pod) {
  WakeWatch watch(lab, old_boot, pod);
  if (!lab.becomes([&] { return watch.look(); }, WakeLab::kBootLimit)) {
    throw std::runtime_error("the pod does not run");
  }
  const auto wake = lab.told("step", "wake", from);
  if (!wake) throw std::runtime_error("nobody woke it");
  const auto is_ready = [&] { return lab.told("state", "Ready", *wake).has_value(); };
  if (!lab.becomes(is_ready, kRunLimit)) throw std::runtime_error("not Ready");
  auto& moments = watch.moments;
  moments.decided = told_at(lab.events()[*wake]);
  moments.powered = switched_on_at(lab.machine());
  moments.ready = told_at(lab.events()[*lab.told("state", "Ready", *wake)]);
  return moments;
}

}  // namespace ecokube::test
