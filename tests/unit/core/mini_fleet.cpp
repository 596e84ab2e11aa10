// The mini fleet's coordinator: it is told facts, decides, checks, and acts as production does.
#include "mini_fleet.h"

#include <algorithm>

#include "bench.h"
#include "coordinator/core/steady.h"

namespace ecokube::core::test {

Policy fast_policy() {
  Policy policy = worker_policy();
  policy.wake_deadline = minutes(3);
  policy.quarantine_base = minutes(2);
  policy.downs_per_day_max = 1000;
  policy.first_sleep = policy.sleep_max;
  policy.pools.front().prove_wakes = true;
  return policy;
}

MiniFleet::MiniFleet(std::uint64_t seed, int workers, bool trouble)
    : MiniFleet(seed, workers, trouble, fast_policy()) {}

MiniFleet::MiniFleet(std::uint64_t seed, int workers, bool trouble, Policy given)
    : policy(std::move(given)), now(kStart), trouble_(trouble), random_(seed), watch_until_(now) {
  for (int i = 1; i <= workers; ++i) {
    const NodeName name = "w" + std::to_string(i);
    nodes_[name] = worker(name, ++revision_);
    nodes_[name].system_uuid = guid_of(name);
    machines[name].kubelet_seen = now;
    kubelet(name);
  }
  schedule_pods();
  make_trouble();
  start_process(false);
}

std::int64_t MiniFleet::draw(std::int64_t from, std::int64_t to) {
  const auto width = static_cast<std::uint64_t>(to - from + 1);
  return from + static_cast<std::int64_t>(random_() % width);
}

void MiniFleet::at(TimePoint when, std::function<void()> what) {
  events_.emplace(when, std::move(what));
}

void MiniFleet::in(std::int64_t from_ms, std::int64_t to_ms, std::function<void()> what) {
  at(now + Duration(draw(from_ms, to_ms)), std::move(what));
}

void MiniFleet::in_process(std::int64_t from_ms, std::int64_t to_ms, std::function<void()> what) {
  in(from_ms, to_ms, [this, process = process_, what = std::move(what)] {
    if (running_ && process == process_) what();
  });
}

void MiniFleet::error(const std::string& text) {
  errors_.push_back(std::to_string((now - kStart).count()) + " ms: " + text);
}

void MiniFleet::run_for(Duration time) {
  run_until([] { return false; }, time);
}

bool MiniFleet::run_until(const std::function<bool()>& done, Duration limit) {
  const TimePoint end = now + limit;
  while (!done()) {
    const bool turn_first = next_turn_ && (events_.empty() || *next_turn_ < events_.begin()->first);
    const TimePoint next = turn_first ? *next_turn_ : events_.begin()->first;
    if (next > end) {
      now = end;
      return false;
    }
    now = next;
    if (turn_first) {
      turn();
      continue;
    }
    const auto event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
  }
  return true;
}

void MiniFleet::start_process(bool keep_store) {
  running_ = true;
  ++process_;
  world = make_world(policy);
  if (!keep_store) {
    saved_.clear();
    intents_.clear();
  }
  Recovered recovered;
  for (const auto& [name, node] : saved_) recovered.nodes.push_back(node);
  recovered.unfinished.assign(intents_.begin(), intents_.end());
  post(std::move(recovered));
  in_process(10, 2000, [this] { list_all(false); });
  in_process(10, 3000, [this] { renew(); });
  for (const auto& [name, machine] : machines) connect(name);
  for (const auto& [name, given] : policy.nodes) read_bmc(name);
}

void MiniFleet::hang_on_the_way_down() {
  hangs_ = true;
  policy.down_deadline = seconds(60);
  policy.pools.front().hard_off = true;
}

void MiniFleet::let_suspend() {
  can_suspend_ = true;
  policy.pools.front().sleep_mode = SleepMode::suspend;
}

void MiniFleet::give_bmcs() {
  for (const auto& [name, machine] : machines) {
    policy.nodes[name].bmc = true;
    read_bmc(name);
  }
}

void MiniFleet::renew() {
  post(ClusterAlive{watched_});
  if (!chance(3)) post(LeaseHeld{process_, now + seconds(15)});
  in_process(4000, 6000, [this] { renew(); });
}

void MiniFleet::stop() {
  remember();
  running_ = false;
  next_turn_.reset();
  for (auto& [name, machine] : machines) machine.session = 0;
}

void MiniFleet::kill(bool keep_store) {
  stop();
  in(210, 4000, [this, keep_store] { start_process(keep_store); });
}

bool MiniFleet::dies_at(KillMoment moment, int step) {
  if (!running_ || !kill_point_ || kill_point_->step != step || kill_point_->moment != moment) {
    return false;
  }
  const bool keep_store = kill_point_->keep_store;
  kill_point_.reset();
  kill(keep_store);
  return true;
}

void MiniFleet::post(Fact fact) {
  if (!running_) return;
  const Observation observation{now, std::move(fact)};
  const bool nothing_new = says_nothing_new(world, policy, observation);
  if (nothing_new && on_nothing_new) on_nothing_new(observation);
  apply(world, observation);
  if (nothing_new && next_turn_) return;
  if (!next_turn_ || *next_turn_ > now + coalesce) next_turn_ = now + coalesce;
}

/// What production has in its store when it dies.
void MiniFleet::remember() {
  for (const auto& [name, node] : world.nodes) saved_[name] = remembered(node);
}

void MiniFleet::turn() {
  const Plan plan = decide(world, policy, now);
  next_turn_ = now + seconds(1);
  if (plan.reconsider_at) {
    next_turn_ = std::min(*next_turn_, std::max(*plan.reconsider_at, now + Duration(1)));
  }
  for (const auto& step : plan.steps) {
    if (!start_step(step)) return;
  }
}

bool MiniFleet::start_step(const Step& step) {
  if (dies_at(KillMoment::before_start, steps_started_ + 1)) return false;
  if (!check(world, policy, step, now).empty()) return true;
  if (on_step) on_step(step, world, now);
  const int number = ++steps_started_;
  if (takes_capacity_away(step.id.verb)) intents_.insert(step.id);
  post(StepStarted{step});
  if (dies_at(KillMoment::before_act, number)) return false;
  const auto held_back = step.jitter.count();
  in(1 + held_back, 200 + held_back, [this, step, number, process = process_] {
    // A call that was on its way when we died arrives or does not.
    const bool dead = !running_ || process != process_;
    if (dead && (process != process_ || draw(0, 1) == 0 || step.id.verb == Verb::shutdown)) return;
    act_on(step);
    dies_at(KillMoment::after_act, number);
  });
  if (kill_point_ && kill_point_->moment == KillMoment::after_end) {
    in_process(300, 300, [this, number] { dies_at(KillMoment::after_end, number); });
  }
  return true;
}

void MiniFleet::act_on(const Step& step) {
  StepEnded failed{step.id, Outcome::failed, "no answer", 0, {}};
  if (chance(4)) {  // the call is lost
    return in_process(100, 5000, [this, step, failed] { finish(step, failed); });
  }
  StepEnded ended = perform(step);
  if (chance(4)) {  // the answer is lost
    return in_process(100, 5000, [this, step, failed] { finish(step, failed); });
  }
  in_process(1, 90, [this, step, ended] { finish(step, ended); });
}

void MiniFleet::finish(const Step& step, StepEnded ended) {
  intents_.erase(step.id);
  post(std::move(ended));
}

bool MiniFleet::all_off() const {
  return std::all_of(machines.begin(), machines.end(),
                     [](const auto& entry) { return entry.second.phase == Machine::Phase::off; });
}

bool MiniFleet::all_asleep() const {
  return running_ && all_off() && world.nodes.size() == machines.size() &&
         std::all_of(world.nodes.begin(), world.nodes.end(), [](const auto& entry) {
           return entry.second.state == Lifecycle::powered_down;
         });
}

bool MiniFleet::all_down() const {
  return running_ && all_off() && world.nodes.size() == machines.size() &&
         std::all_of(world.nodes.begin(), world.nodes.end(), [](const auto& entry) {
           const auto state = entry.second.state;
           return state == Lifecycle::powered_down || state == Lifecycle::quarantined ||
                  state == Lifecycle::unknown;
         });
}

bool MiniFleet::all_can_be_woken() {
  for (std::size_t i = 0; i < machines.size(); ++i) add_pod(minutes(1), 3900);
  return run_until([this] { return all_pods_done(); }, minutes(300));
}

bool MiniFleet::up_and_clean(const NodeName& name) const {
  const auto& kube = nodes_.at(name);
  return machines.at(name).phase == Machine::Phase::up && kube.ready == Readiness::ready &&
         !kube.unschedulable && kube.taints.empty() &&
         !kube.annotations.contains(std::string(names::kIntent));
}

std::string MiniFleet::describe() const {
  std::string text = "at " + std::to_string((now - kStart).count()) + " ms, process " +
                     std::to_string(process_) + (running_ ? "" : " (dead)");
  for (const auto& [name, machine] : machines) {
    const auto known = world.nodes.find(name);
    text += "; " + name + " phase=" + std::to_string(static_cast<int>(machine.phase)) +
            " boot=" + std::to_string(machine.boot) + " link=" + std::to_string(machine.session) +
            " known=" +
            (known == world.nodes.end() ? "no" : std::string(to_string(known->second.state))) +
            " ready=" + std::to_string(static_cast<int>(nodes_.at(name).ready)) +
            " taints=" + std::to_string(nodes_.at(name).taints.size());
    if (known != world.nodes.end()) text += " problem=" + known->second.last_problem;
  }
  for (const auto& want : decide(world, policy, now).nodes) {
    text += "; want " + want.node + (want.on ? " on " : " off ") + want.reason.code;
  }
  return text + "; pods=" + std::to_string(pods_.size());
}

}  // namespace ecokube::core::test
