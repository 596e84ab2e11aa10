// The mini fleet's machines and their agents.
#include <utility>

#include "bench.h"
#include "coordinator/core/life.h"
#include "mini_fleet.h"

namespace ecokube::core::test {

using Phase = Machine::Phase;

std::string MiniFleet::life_of(const NodeName& name) const {
  const Machine& machine = machines.at(name);
  return life_id(boot_of(name, machine.boot), machine.resumes);
}

Inventory MiniFleet::inventory(const NodeName& name) const {
  Inventory inventory = inventory_of(name);
  inventory.boot_id = life_of(name);
  inventory.machine.can_suspend = can_suspend_;
  const Machine& machine = machines.at(name);
  inventory.boot.fingerprint = machine.installed;
  if (!machine.machine_id.empty()) inventory.machine_id = machine.machine_id;
  if (!machine.smbios_uuid.empty()) inventory.machine.smbios_uuid = machine.smbios_uuid;
  return inventory;
}

/// A dying machine's agent may still come back to a new coordinator, until its goodbye.
void MiniFleet::connect(const NodeName& name) {
  in_process(10, 3000, [this, name] {
    Machine& machine = machines[name];
    if (machine.session != 0 || !machine.agent_up || machine.goodbye_said) return;
    machine.session = ++sessions_;
    machine.sequence = 0;
    post(AgentConnected{name, machine.session, inventory(name), machine.fence});
    beat(name, machine.session);
  });
}

void MiniFleet::drop_link(const NodeName& name) {
  Machine& machine = machines[name];
  if (machine.session == 0) return;
  in_process(1, 300,
             [this, name, session = machine.session] { post(AgentDisconnected{name, session}); });
  machine.session = 0;
}

void MiniFleet::beat(const NodeName& name, std::uint64_t session) {
  Machine& machine = machines[name];
  if (machine.session != session || machine.goodbye_said) return;
  AgentHeartbeat heartbeat;
  heartbeat.node = name;
  heartbeat.session = session;
  heartbeat.sequence = ++machine.sequence;
  heartbeat.boot_id = life_of(name);
  heartbeat.nics = inventory(name).nics;
  if (!machine.installed.empty()) heartbeat.boot = inventory(name).boot;
  machine.fence = std::max(machine.fence, world.fence);  // the leader says who it is
  heartbeat.fence_highest_seen = machine.fence;
  post(heartbeat);
  in_process(4000, 6000, [this, name, session] { beat(name, session); });
}

/// The agent here does not look at its pods (S20): the core alone must be right.
StepEnded MiniFleet::shutdown(const Step& step) {
  const NodeName name = step.id.subject;
  Machine& machine = machines[name];
  StepEnded ended{step.id, Outcome::done, "", 0, {}};
  if (machine.session == 0 || machine.phase != Phase::up) {
    return {step.id, Outcome::failed, "not connected", 0, {}};
  }
  if (chance(10)) return {step.id, Outcome::refused, "somebody is logged in", 0, {}};
  machine.phase = Phase::dying;
  machine.sleeps = std::get<ShutdownNode>(step.action).mode;
  if (machine.sleeps == SleepMode::suspend && !can_suspend_) error(name + " cannot suspend");
  machine.command_id = step.id.text();
  machine.command_fence = machine.fence = step.fence;
  in(100, 2500, [this, name, boot = machine.boot] {
    Machine& dying = machines[name];
    if (dying.boot != boot || dying.phase != Phase::dying) return;
    if (dying.command_fence < dying.fence) {  // a newer leader spoke up during the checks
      dying.phase = Phase::up;
      return;
    }
    dying.goodbye_said = true;
    if (dying.session != 0 && !chance(5)) {
      post(AgentGoodbye{name, dying.session, LeaveOrigin::coordinator, dying.command_id,
                        life_of(name)});
    }
    drop_link(name);
    dying.agent_up = false;
    if (hangs_ && draw(0, 2) == 0) return;
    if (hanging_.erase(name) > 0) {
      hung_at_ = now;
      return;
    }
    in(200, trouble_ ? 15'000 : 6000, [this, name] { power_off(name); });
  });
  return ended;
}

/// The claim is the Node's revision. Nothing but what said goodbye and hangs may be cut.
StepEnded MiniFleet::order_off(const Step& step) {
  const NodeName name = step.id.subject;
  const auto& off = std::get<PowerOff>(step.action);
  if (nodes_[name].revision != off.expected_revision) {
    return {step.id, Outcome::failed, "the Node changed", 0, {}};
  }
  changed(name);
  Machine& machine = machines[name];
  if (machine.phase == Phase::off) return {step.id, Outcome::done, "", 0, {}};
  if (machine.phase != Phase::dying || !machine.goodbye_said) error(name + " was cut while it ran");
  if (!off.hard && draw(0, 1) == 0) return {step.id, Outcome::done, "", 0, {}};
  ++cuts_;
  if (hung_at_) time_to_cut_ = now - *hung_at_;
  power_off(name);
  return {step.id, Outcome::done, "", 0, {}};
}

void MiniFleet::power_off(const NodeName& name) {
  machines[name].phase = Phase::off;
  machines[name].off_since = now;
  for (const auto& [uid, pod] : pods_) {
    if (pod.node == name && !may_remain(pod, {}, {}))
      error(name + " was switched off under pod " + uid);
  }
}

void MiniFleet::read_bmc(const NodeName& name) {
  in_process(2000, 8000, [this, name] {
    const auto other = swapped_.find(name);
    const NodeName machine = other == swapped_.end() ? name : other->second;
    const bool on = machines[machine].phase != Phase::off;
    if (chance(10)) {
      post(BmcFailed{name, Errc::unreachable, "it does not answer"});
    } else {
      in_process(20, trouble_ ? 1900 : 50,
                 [this, name, machine, on] { post(BmcSeen{name, on, guid_of(machine)}); });
    }
    read_bmc(name);
  });
}

/// A packet, or an order to switch on, does something to a machine that is off, and to no other.
void MiniFleet::wake(const Step& step) {
  const auto& name = step.id.subject;
  Machine& machine = machines[name];
  const bool packet = std::get<WakeNode>(step.action).method == WakeMethod::wol;
  if (machine.wake_heard != step.id.transition) {
    machine.wake_heard = step.id.transition;
    machine.wake_lost = faults.wakes_lost > 0 && draw(1, 100) <= faults.wakes_lost;
  }
  if (machine.phase != Phase::off || machine.dead || chance(30)) return;
  const bool too_late = machine.deaf_after && now - machine.off_since >= *machine.deaf_after;
  if (packet && (deaf_ || machine.wake_lost || now < machine.deaf_until || too_late)) return;
  if (chance(2)) machine.dead_on_next_wake = true;
  if (machine.sleeps == SleepMode::suspend) return resume(name);
  ++boots_;
  boot(name, boot_time(machine));
}

void MiniFleet::boot(const NodeName& name, Duration time) {
  Machine& machine = machines[name];
  machine.phase = Phase::booting;
  machine.resumes = 0;
  ++machine.boot;
  at(now + time, [this, name, boot = machine.boot] { come_up(name, boot); });
}

Duration MiniFleet::boot_time(Machine& machine) {
  const bool slow = faults.boots_slow > 0 && draw(1, 100) <= faults.boots_slow;
  const auto usual = draw(faults.boot_min.count(), faults.boot_max.count());
  const auto flashes = std::exchange(machine.flashes, Duration(0));
  return Duration(usual * machine.slowness * (slow ? faults.slowness : 1)) + flashes;
}

void MiniFleet::come_up(const NodeName& name, int boot) {
  Machine& machine = machines[name];
  if (machine.boot != boot || machine.phase != Phase::booting) return;
  if (bad_boots_.contains(machine.installed)) return;
  if (machine.dead_on_next_wake) {  // hangs in its firmware, until somebody presses the button
    machine.dead_on_next_wake = false;
    in(60'000, 300'000, [this, name, boot] { come_up(name, boot); });
    return;
  }
  be_up(name);
}

/// With the memory of before, whatever it would boot.
void MiniFleet::resume(const NodeName& name) {
  machines[name].phase = Phase::booting;
  ++machines[name].resumes;
  ++resumes_;
  in(500, 4000, [this, name, life = life_of(name)] {
    if (machines[name].phase == Phase::booting && life_of(name) == life) be_up(name);
  });
}

void MiniFleet::be_up(const NodeName& name) {
  Machine& machine = machines[name];
  machine.phase = Phase::up;
  machine.goodbye_said = false;
  machine.session = 0;
  in(100, 5000, [this, name, life = life_of(name)] {
    if (life_of(name) != life) return;
    machines[name].agent_up = true;
    if (running_) connect(name);
  });
}

void MiniFleet::install(const std::string& fingerprint, bool bad) {
  if (bad) bad_boots_.insert(fingerprint);
  for (auto& [name, machine] : machines) {
    if (machine.phase == Phase::up && machine.agent_up) machine.installed = fingerprint;
  }
}

int MiniFleet::lost() const {
  int lost = 0;
  for (const auto& [name, machine] : machines) {
    if (machine.phase == Phase::booting && bad_boots_.contains(machine.installed)) ++lost;
  }
  return lost;
}

void MiniFleet::forget_proof(const NodeName& name) {
  nodes_.at(name).annotations.erase(std::string(names::kWakeProof));
  const auto known = world.nodes.find(name);
  if (known != world.nodes.end()) known->second.wake_proven_at.reset();
  changed(name);
}

void MiniFleet::cut(const NodeName& name) {
  Machine& machine = machines[name];
  machine.phase = Phase::off;
  machine.sleeps = SleepMode::power_off;
  machine.off_since = now;
  machine.agent_up = false;
  drop_link(name);
}

void MiniFleet::switch_off_by_ups(const NodeName& name, Duration dark) {
  Machine& machine = machines[name];
  if (machine.session != 0) {
    post(AgentGoodbye{name, machine.session, LeaveOrigin::ups, "", life_of(name)});
  }
  cut(name);
  machine.deaf_until = now + dark;
}

void MiniFleet::start_by_itself(const NodeName& name) {
  Machine& machine = machines[name];
  if (machine.phase == Phase::off) boot(name, boot_time(machine));
}

/// Links break and machines reboot by themselves.
void MiniFleet::make_trouble() {
  if (!trouble_) return;
  in(20'000, 120'000, [this] {
    const NodeName name = "w" + std::to_string(draw(1, std::ssize(machines)));
    Machine& machine = machines[name];
    const bool cut_off = !policy.nodes.empty() && draw(0, 5) == 0;
    if (cut_off) cut(name);
    const bool loses_memory = can_suspend_ && machine.phase == Phase::off && draw(0, 3) == 0;
    if (loses_memory) machine.sleeps = SleepMode::power_off;  // the mains failed for a moment
    const bool reboots = draw(0, 3) == 0 && machine.phase == Phase::up;
    drop_link(name);
    if (cut_off) {
      // until somebody needs it
    } else if (reboots) {
      machine.agent_up = false;
      boot(name, Duration(draw(10'000, 40'000)));
    } else if (running_) {
      in_process(10, 60'000, [this, name] { connect(name); });
    }
    make_trouble();
  });
}

}  // namespace ecokube::core::test
