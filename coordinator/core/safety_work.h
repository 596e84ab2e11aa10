#pragma once

#include "coordinator/core/safety.h"

// The rules about the work on a node: it is empty before it goes off (S1), is emptied by eviction
// alone (S12), and what is stored on it stays (S14). Each adds what it finds to `out`.
namespace ecokube::core {

using Violations = std::vector<Violation>;

void s1_empty(const World& world, const Node& node, Violations& out);

/// Empty by a list that is not older than our mark, made after the settle time (S1).
void s1_listed(const Policy& policy, const Node& node, Violations& out);

/// Our mark is put back only onto what is known to be off and has no pod bound to it (S1).
void s1_off(const World& world, const Node& node, Violations& out);

/// All of its work may be moved, and there is room for it elsewhere (S12, S14, S22). A budget that
/// is used up for the moment bars the beginning, not the rest: the API has the word then.
void s12_movable(const World& world, const Policy& policy, const Node& node, TimePoint now,
                 Violations& out);

/// No volume is attached to it any more (S12).
void s12_detached(const World& world, const Node& node, Violations& out);

/// Only what was there when the node was marked, and only while its mark keeps others away (S12).
void s12_marked(const Node& node, const EvictPods& evict, TimePoint now, Violations& out);

void s14_storage(const World& world, const Node& node, Violations& out);

}  // namespace ecokube::core
