#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "coordinator/core/plan.h"
#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

namespace ecokube {

/// One line of the event stream: a decision, a state change, a refusal.
struct FleetEvent {
  std::uint64_t id = 0;  ///< 1, 2, ... within this process
  TimePoint at;
  /// "state", "step", "step_ended", "blocked", "demand", "power", "lease", "agent", "alarm"
  std::string kind;
  std::string subject;             ///< a node's name or "scaler/<name>"
  std::string text;                ///< one sentence
  core::Reason reason;             ///< "state": its code is the new state
  std::string verb;                ///< "step", "step_ended", "blocked": core::to_string(Verb)
  std::string outcome;             ///< "step_ended": "done", "refused" or "failed"
  std::string rule;                ///< "blocked": "S1", ...
  std::vector<core::PodRef> pods;  ///< "step": the pods that it is done for or to
  std::vector<NodeName> nodes;     ///< "alarm": that it is about
};

/// What the API sees of the loop: const views, and a way to put an observation in.
class Fleet {
 public:
  virtual ~Fleet() = default;
  [[nodiscard]] virtual const core::World& world() const = 0;
  [[nodiscard]] virtual const core::Policy& policy() const = 0;
  [[nodiscard]] virtual const core::Plan& plan() const = 0;  ///< the newest
  [[nodiscard]] virtual TimePoint now() const = 0;
  virtual void post(core::Fact fact) = 0;

  using Listener = std::function<void(const FleetEvent&)>;
  /// Called on the loop's thread for each event from now on, until unsubscribe(). A listener must
  /// not block and must bound what it keeps.
  virtual std::uint64_t subscribe(Listener listener) = 0;
  virtual void unsubscribe(std::uint64_t subscription) = 0;
  /// The kept events (a bounded ring) with an id above `after`.
  [[nodiscard]] virtual std::vector<FleetEvent> events_after(std::uint64_t after) const = 0;
};

}  // namespace ecokube
