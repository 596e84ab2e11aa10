// The words of the core's enums, as they stand in logs, the API and the journal.
#include "coordinator/core/observation.h"
#include "coordinator/core/power.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

std::string_view to_string(Verb verb) {
  switch (verb) {
    case Verb::mark: return "mark";
    case Verb::evict: return "evict";
    case Verb::list_pods: return "list_pods";
    case Verb::shutdown: return "shutdown";
    case Verb::power_off: return "power_off";
    case Verb::record_off: return "record_off";
    case Verb::out_of_service: return "out_of_service";
    case Verb::in_service: return "in_service";
    case Verb::record_wake: return "record_wake";
    case Verb::wake: return "wake";
    case Verb::unmark: return "unmark";
    case Verb::quarantine: return "quarantine";
    case Verb::record_hold: return "record_hold";
    case Verb::record_request: return "record_request";
    case Verb::record_freeze: return "record_freeze";
    case Verb::scale: return "scale";
    case Verb::bind: return "bind";
    case Verb::report_unschedulable: return "report_unschedulable";
    case Verb::soft_taint: return "soft_taint";
  }
  return "?";
}

std::string_view to_string(WakeMethod method) {
  switch (method) {
    case WakeMethod::wol: return "wol";
    case WakeMethod::ipmi: return "ipmi";
    case WakeMethod::redfish: return "redfish";
    case WakeMethod::exec: return "exec";
  }
  return "?";
}

std::string_view to_string(SleepMode mode) {
  switch (mode) {
    case SleepMode::power_off: return "power-off";
    case SleepMode::suspend: return "suspend";
    case SleepMode::hibernate: return "hibernate";
  }
  return "?";
}

std::optional<SleepMode> parse_sleep_mode(std::string_view word) {
  for (const auto mode : {SleepMode::power_off, SleepMode::suspend, SleepMode::hibernate}) {
    if (word == to_string(mode)) return mode;
  }
  return std::nullopt;
}

std::string_view to_string(Lifecycle state) {
  switch (state) {
    case Lifecycle::unknown: return "Unknown";
    case Lifecycle::ready: return "Ready";
    case Lifecycle::draining: return "Draining";
    case Lifecycle::powering_down: return "PoweringDown";
    case Lifecycle::powered_down: return "PoweredDown";
    case Lifecycle::powering_up: return "PoweringUp";
    case Lifecycle::quarantined: return "Quarantined";
    case Lifecycle::maintenance: return "Maintenance";
  }
  return "?";
}

std::string_view to_string(PowerState power) {
  switch (power) {
    case PowerState::on: return "on";
    case PowerState::off: return "off";
    case PowerState::unknown: return "unknown";
  }
  return "?";
}

std::string_view to_string(PowerEvidence evidence) {
  switch (evidence) {
    case PowerEvidence::none: return "none";
    case PowerEvidence::agent: return "agent";
    case PowerEvidence::bmc: return "bmc";
    case PowerEvidence::inferred: return "inferred";
  }
  return "?";
}

std::string_view to_string(LeaveOrigin origin) {
  switch (origin) {
    case LeaveOrigin::coordinator: return "coordinator";
    case LeaveOrigin::person: return "person";
    case LeaveOrigin::reboot: return "reboot";
    case LeaveOrigin::service_stop: return "service_stop";
    case LeaveOrigin::ups: return "ups";
    case LeaveOrigin::unspecified: return "unspecified";
  }
  return "?";
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done: return "done";
    case Outcome::refused: return "refused";
    case Outcome::failed: return "failed";
  }
  return "?";
}

std::string_view to_string(PersonVerb verb) {
  switch (verb) {
    case PersonVerb::wake: return "wake";
    case PersonVerb::sleep: return "sleep";
    case PersonVerb::hold: return "hold";
    case PersonVerb::release: return "release";
    case PersonVerb::test_wake: return "test-wake";
    case PersonVerb::unquarantine: return "unquarantine";
  }
  return "?";
}

std::string_view to_string(FleetVerb verb) {
  switch (verb) {
    case FleetVerb::freeze: return "freeze";
    case FleetVerb::evacuate: return "evacuate";
    case FleetVerb::unfreeze: return "unfreeze";
  }
  return "?";
}

std::string subject_of(const PodRef& pod) {
  return std::string(kPodPrefix) + pod.ns + "/" + pod.name + "/" + pod.uid;
}

std::optional<PodRef> pod_of(std::string_view subject) {
  if (!subject.starts_with(kPodPrefix)) return std::nullopt;
  subject.remove_prefix(kPodPrefix.size());
  const auto first = subject.find('/');
  const auto last = subject.rfind('/');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  return PodRef{std::string(subject.substr(last + 1)), std::string(subject.substr(0, first)),
                std::string(subject.substr(first + 1, last - first - 1))};
}

std::string StepId::text() const {
  return subject + ":" + std::string(to_string(verb)) + ":" + std::to_string(transition) + ":" +
         std::to_string(attempt);
}

}  // namespace ecokube::core
