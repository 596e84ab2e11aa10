#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

namespace ecokube {

/// How bad a finding is: all well, something that keeps nodes on, or something that must be mended.
enum class Level { ok, warning, problem };
[[nodiscard]] std::string_view to_string(Level level);

/// One thing that a person should know of the installation. What many nodes have in common is one
/// finding, which names the first few of them.
struct Finding {
  Level level = Level::ok;
  std::string code;        ///< "WakeNotProven"
  std::string subject;     ///< "cluster", "pool workers", "worker1, worker2 and 9998 more"
  std::string text;        ///< one sentence
  std::string what_to_do;  ///< empty: nothing
  bool operator==(const Finding&) const = default;
};

/// Looks at everything that decides whether nodes can sleep and wake; the worst comes first. One
/// walk over nodes and pods.
[[nodiscard]] std::vector<Finding> examine(const core::World& world, const core::Policy& policy,
                                           TimePoint now);

/// ok when there are none.
[[nodiscard]] Level worst_of(const std::vector<Finding>& findings);

// The parts of it; each adds what it finds.
void examine_nodes(const core::World& world, const core::Policy& policy, TimePoint now,
                   std::vector<Finding>& out);
void examine_bmcs(const core::World& world, const core::Policy& policy, std::vector<Finding>& out);

/// By design it never sleeps (S4), so that nothing else of it is of interest. Of a node that
/// Kubernetes knows (node.kube).
[[nodiscard]] bool always_on(const core::Policy& policy, const core::Node& node);

/// The first few of `names`, and how many more there are: "a, b, c and 7 more".
[[nodiscard]] std::string first_few(const std::vector<std::string>& names);

}  // namespace ecokube
