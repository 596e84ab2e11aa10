#pragma once

#include "coordinator/core/world.h"

// The parts of apply(), by what they come from. Each takes the observation's time.
namespace ecokube::core::detail {

/// When a step that failed may be tried again: later with each attempt.
[[nodiscard]] TimePoint retry_at(const StepEnded& failed, TimePoint now);

/// The view is as new as this.
void advance_revision(World& world, Revision revision);

/// The freeze as it is now, or its end, has yet to be written to the Lease.
void write_freeze_anew(FreezeView& freeze);

/// What is known of the machine from now on, with the indices over it.
void take_inventory(World& world, Node& node, Inventory inventory);

/// follow_evidence(), and a person's drain that another began is gone on with: what is on the node
/// when we see that is moved off it, as it is for who begins one.
void follow(const World& world, Node& node, TimePoint now);

/// What its Node object says, with our own words on it: those of another leader, or of one before
/// us, count where we know nothing newer.
void see_node(World& world, const KubeNode& kube, TimePoint now);

/// Keeps the node's count of work, and notes when its last work ended and what came while we drain.
void count_work(World& world, const NodeName& name, TimePoint now);
/// What the view says of a pod. One that we have bound meanwhile stays where we bound it.
void see_pod(World& world, KubePod pod, TimePoint now);

/// A pod that is gone, or that another view of the cluster does not have.
void forget_placing(World& world, const std::string& uid);
/// The view is confirmed: what it has not shown of our binds by now did not come to be.
void expire_placings(World& world, TimePoint now);
/// A restored cluster: binds whose answer came are from a future that never was.
void doubt_placings(World& world, TimePoint now);

/// Steps on pods, whose subject begins with kPodPrefix.
void begin_placing(World& world, const Step& step, TimePoint now);
void end_placing(World& world, const StepEnded& fact, TimePoint now);

[[nodiscard]] Node& node_at(World& world, const NodeName& name, TimePoint now);

void on(World& world, const ClusterListed& fact, TimePoint now);
void on(World& world, const NodeSeen& fact, TimePoint now);
void on(World& world, const NodeDeleted& fact, TimePoint now);
void on(World& world, const PodSeen& fact, TimePoint now);
void on(World& world, const PodDeleted& fact, TimePoint now);
void on(World& world, const WorkloadsListed& fact, TimePoint now);
void on(World& world, const WorkloadsLost& fact, TimePoint now);
void on(World& world, const WorkloadSeen& fact, TimePoint now);
void on(World& world, const WorkloadDeleted& fact, TimePoint now);
void on(World& world, const Seen<KubeBudget>& fact, TimePoint now);
void on(World& world, const Gone<KubeBudget>& fact, TimePoint now);
void on(World& world, const Seen<KubeAttachment>& fact, TimePoint now);
void on(World& world, const Gone<KubeAttachment>& fact, TimePoint now);
void on(World& world, const Seen<KubeLocalVolume>& fact, TimePoint now);
void on(World& world, const Gone<KubeLocalVolume>& fact, TimePoint now);
void on(World& world, const Seen<KubeAutoscaler>& fact, TimePoint now);
void on(World& world, const Gone<KubeAutoscaler>& fact, TimePoint now);
void on(World& world, const Seen<KubeService>& fact, TimePoint now);
void on(World& world, const Gone<KubeService>& fact, TimePoint now);
void on(World& world, const FreezeSeen& fact, TimePoint now);
void on(World& world, const ClusterAlive& fact, TimePoint now);
void on(World& world, const ClusterLost& fact, TimePoint now);
void on(World& world, const LeaseHeld& fact, TimePoint now);
void on(World& world, const LeaseLost& fact, TimePoint now);
void on(World& world, const LeaseSeen& fact, TimePoint now);

void on(World& world, const AgentConnected& fact, TimePoint now);
void on(World& world, const AgentHeartbeat& fact, TimePoint now);
void on(World& world, const AgentGoodbye& fact, TimePoint now);
void on(World& world, const AgentDisconnected& fact, TimePoint now);

void on(World& world, const BmcSeen& fact, TimePoint now);
void on(World& world, const BmcFailed& fact, TimePoint now);
void on(World& world, const BmcMeasured& fact, TimePoint now);
/// The agent spoke: what its BMC said before is no proof that it is off.
void hear_agent(BmcView& bmc);

void on(World& world, const LagSeen& fact, TimePoint now);
void on(World& world, const LagLost& fact, TimePoint now);
void on(World& world, const PersonAsked& fact, TimePoint now);
void on(World& world, const FleetAsked& fact, TimePoint now);
void on(World& world, const Recovered& fact, TimePoint now);

void on(World& world, const StepStarted& fact, TimePoint now);
void on(World& world, const StepEnded& fact, TimePoint now);

}  // namespace ecokube::core::detail
