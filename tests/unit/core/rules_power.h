#pragma once

#include <string>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// The part of rules.cpp that is about power, and the words that both use.
namespace ecokube::core::test {

using Broken = std::vector<std::string>;

[[nodiscard]] bool works(const KubePod& pod);
[[nodiscard]] bool held(const Node& node, TimePoint now);
[[nodiscard]] bool speaks(const Node& node, const Policy& policy, TimePoint now);
/// Every pool of these tests selects role=worker.
[[nodiscard]] bool in_pool(const Node& node);

/// It can, and no BMC would take it for one that is on.
[[nodiscard]] bool can_be_suspended(const Policy& policy, const Node& node);
/// By its mark, else as the one pool wants; nothing hibernates in these tests.
[[nodiscard]] SleepMode goes_down_to(const Policy& policy, const Node& node);

/// A person wants it down now.
[[nodiscard]] bool asked_down(const Node& node, TimePoint now);

/// S15: seen to wake within the time that counts, or the only one of its pool that is to show it.
void wake_seen(const World& world, const Policy& policy, const Node& node, TimePoint now,
               Broken& out);
/// S3: two others are awake to send the packets of this node's segment, if anybody there needs
/// that. In these tests a node is on one segment at most, and the coordinator on none.
void relays_stay(const World& world, const Policy& policy, const Node& node, TimePoint now,
                 Broken& out);
/// A start needs a token of those of a minute, and a place among those that boot; a way down a
/// token. Only the limits of all and of the one pool are set in these tests.
void switching(const World& world, const Policy& policy, const Step& step, const Node& node,
               TimePoint now, Broken& out);
/// What came up has its network, the devices of its last boot and its system pods, or has waited.
void taken_back(const World& world, const Policy& policy, const Node& node, TimePoint now,
                Broken& out);
/// Off is only what was seen; every BMC of these tests is in the policy.
void seen_off(const Policy& policy, const Node& node, TimePoint now, Broken& out);
/// What is freed by force ran on a machine that is off: proven by its own BMC, and nobody else's.
void freed(const World& world, const Policy& policy, const Node& node, const Step& step,
           TimePoint now, Broken& out);
/// What is cut had nothing to run, said goodbye long ago, and is this machine by its own BMC.
void cut_off(const World& world, const Policy& policy, const Node& node, const PowerOff& off,
             TimePoint now, Broken& out);

/// Its kubelet can renew its certificate before it ends (S26).
void kubelet_let_in(const Node& node, TimePoint now, Broken& out);

}  // namespace ecokube::core::test
