#include "coordinator/fact_text.h"

namespace ecokube {
namespace {

using namespace core;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

NodeName node_of(const Fact& fact) {
  return std::visit(
      Overloaded{
          [](const NodeSeen& f) { return f.node.name; },
          [](const NodeDeleted& f) { return f.name; },
          [](const AgentConnected& f) { return f.node; },
          [](const AgentHeartbeat& f) { return f.node; },
          [](const AgentGoodbye& f) { return f.node; },
          [](const AgentDisconnected& f) { return f.node; },
          [](const BmcSeen& f) { return f.node; }, [](const BmcFailed& f) { return f.node; },
          [](const BmcMeasured& f) { return f.node; }, [](const PersonAsked& f) { return f.node; },
          [](const StepStarted& f) { return f.step.id.subject; },
          [](const StepEnded& f) { return f.id.subject; }, [](const auto&) { return NodeName(); }},
      fact);
}

std::optional<FactLine> describe(const Fact& fact) {
  using Line = std::optional<FactLine>;
  return std::visit(
      Overloaded{
          [](const LeaseHeld&) -> Line { return std::nullopt; },
          [](const LeaseSeen& f) -> Line {
            return FactLine{"lease", "cluster",
                            f.holder.empty() ? "nobody is known to lead" : f.holder + " leads"};
          },
          [](const LeaseLost& f) -> Line {
            return FactLine{"lease", "cluster", "lease lost: " + f.why, true};
          },
          [](const ClusterLost& f) -> Line {
            return FactLine{"cluster", "cluster", "view lost: " + f.why, true};
          },
          [](const WorkloadsLost& f) -> Line {
            return FactLine{"cluster", "kind/" + f.kind, "not seen any more: " + f.why, true};
          },
          [](const ClusterListed& f) -> Line {
            return FactLine{"cluster", "cluster",
                            "listed " + std::to_string(f.nodes.size()) + " nodes and " +
                                std::to_string(f.pods.size()) + " pods"};
          },
          [](const AgentConnected& f) -> Line {
            return FactLine{"agent", f.node, "agent connected"};
          },
          [](const AgentDisconnected& f) -> Line {
            return FactLine{"agent", f.node, "agent link closed"};
          },
          [](const AgentGoodbye& f) -> Line {
            return FactLine{"agent", f.node, "goodbye, origin " + std::string(to_string(f.origin))};
          },
          [](const BmcSeen& f) -> Line {
            return FactLine{"power", f.node, f.on ? "its BMC says on" : "its BMC says off"};
          },
          [](const BmcFailed& f) -> Line {
            return FactLine{"power", f.node, std::string(to_string(f.kind)) + ": " + f.why, true};
          },
          [](const LagSeen& f) -> Line {
            return FactLine{"demand", "scaler/" + f.scaler, "lag " + std::to_string(f.lag)};
          },
          [](const LagLost& f) -> Line {
            return FactLine{"demand", "scaler/" + f.scaler, "lag not known: " + f.why, true};
          },
          [](const PersonAsked& f) -> Line {
            return FactLine{"person", f.node, std::string(to_string(f.verb)) + " asked by " + f.by};
          },
          [](const FleetAsked& f) -> Line {
            return FactLine{"person", "fleet",
                            std::string(to_string(f.verb)) + " asked by " + f.by + ": " + f.reason};
          },
          [](const StepEnded& f) -> Line {
            const std::string verb(to_string(f.id.verb));
            if (f.outcome == Outcome::done) {
              return FactLine{"step_ended", f.id.subject,
                              f.message.empty() ? verb + " done" : f.message};
            }
            const std::string word = f.outcome == Outcome::refused ? " refused: " : " failed: ";
            return FactLine{"step_ended", f.id.subject, verb + word + f.message, true};
          },
          [](const auto&) -> Line { return std::nullopt; }},
      fact);
}

}  // namespace ecokube
