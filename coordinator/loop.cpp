#include "coordinator/loop.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/steady.h"
#include "coordinator/fact_text.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using core::Observation;
using core::Step;

constexpr Duration kCoalesce{1};              ///< a burst is one decision
constexpr std::chrono::seconds kSlowTick{1};  ///< the safety net under reconsider_at
constexpr std::size_t kEventsKept = 2000;

FleetEvent event(std::string kind, std::string subject, std::string text) {
  FleetEvent event;
  event.kind = std::move(kind);
  event.subject = std::move(subject);
  event.text = std::move(text);
  return event;
}

}  // namespace

Loop::Loop(asio::any_io_executor executor, core::Policy policy, Ports ports,
           std::function<TimePoint()> clock)
    : io_(executor),
      policy_(std::move(policy)),
      store_(ports.store),
      bmcs_(ports.bmcs),
      clock_(std::move(clock)),
      world_(core::make_world(policy_)),
      executor_(
          executor, ports, clock_,
          [this](std::int64_t fence, Duration ahead) {
            return started_ && core::leads(world_, fence, clock_() + ahead);
          },
          [this](core::StepEnded ended) { post(core::Fact(std::move(ended))); }),
      timer_(executor) {}

void Loop::start(core::Recovered recovered) {
  for (const auto& node : recovered.nodes) saved_[node.name] = node;
  started_ = true;
  queue_.push_front(Observation{clock_(), std::move(recovered)});
  wake_up_in(std::chrono::nanoseconds(0));
}

void Loop::stop() {
  started_ = false;
  timer_.cancel();
}

void Loop::post(core::Fact fact) {
  queue_.push_back(Observation{clock_(), std::move(fact)});
  if (!started_ || turn_is_near_) return;
  turn_is_near_ = true;
  wake_up_in(kCoalesce);
}

void Loop::wake_up_in(std::chrono::nanoseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && started_) turn();
  });
}

void Loop::turn() {
  turn_is_near_ = true;  // what is posted from here on is taken in this or the next turn
  bool news = false;
  while (!queue_.empty()) {
    const Observation observation = std::move(queue_.front());
    queue_.pop_front();
    news = take(observation) || news;
  }
  const auto now = clock_();
  if (news || now >= decide_at_) decide(now);
  turn_is_near_ = !queue_.empty();
  wake_up_in(turn_is_near_ ? kCoalesce : std::max(decide_at_ - now, kCoalesce));
}

void Loop::decide(TimePoint now) {
  plan_ = core::decide(world_, policy_, now);
  note_alarms();
  bmcs_.look_closely(plan_.look_closely);
  for (const auto& step : plan_.steps) perform(step);
  decide_at_ = now + kSlowTick;
  if (plan_.reconsider_at) {
    decide_at_ = std::min(decide_at_, std::max(*plan_.reconsider_at, now + kCoalesce));
  }
}

/// Returns whether a decision may be another one after it.
bool Loop::take(const Observation& observation) {
  const bool nothing_new = core::says_nothing_new(world_, policy_, observation);
  const auto name = node_of(observation.fact);
  const auto at = name.empty() ? world_.nodes.end() : world_.nodes.find(name);
  const auto before = at == world_.nodes.end() ? core::Lifecycle::unknown : at->second.state;
  core::apply(world_, observation);
  note_fact(observation.fact);
  if (name.empty() || !world_.nodes.contains(name)) return true;
  const auto& node = world_.nodes.at(name);
  if (node.state != before) {
    const std::string text =
        std::string(to_string(before)) + " -> " + std::string(to_string(node.state));
    log::info("node={} state={} was={}", name, to_string(node.state), to_string(before));
    auto changed = event("state", name, text);
    changed.reason = {std::string(to_string(node.state)), text};
    emit(std::move(changed));
  }
  remember(name);
  return !nothing_new || node.state != before;
}

void Loop::perform(const Step& step) {
  const auto violations = core::check(world_, policy_, step, clock_());
  if (!violations.empty()) return blocked(step, violations);
  blocked_.erase(step.id.subject + std::string(to_string(step.id.verb)));
  log::info("step={} reason={} {}", step.id.text(), step.reason.code, step.reason.text);
  auto begun = event("step", step.id.subject, step.reason.text);
  begun.reason = step.reason;
  begun.verb = to_string(step.id.verb);
  begun.pods = step.pods;
  emit(std::move(begun));
  const Observation started{clock_(), core::StepStarted{step}};
  take(started);
  executor_.start(step);
}

/// Said when it begins and when it says something else.
void Loop::note_alarms() {
  std::map<std::string, std::string> now;
  for (const auto& alarm : plan_.alarms) {
    const auto& [code, text] = alarm.reason;
    now[code] = text;
    const auto before = alarms_.find(code);
    if (before != alarms_.end() && before->second == text) continue;
    log::error("alarm={} {}", code, text);
    auto raised = event("alarm", "cluster", text);
    raised.reason = alarm.reason;
    raised.nodes = alarm.nodes;
    emit(std::move(raised));
  }
  alarms_ = std::move(now);
}

/// Said once for each cause, not once for each turn.
void Loop::blocked(const Step& step, const std::vector<core::Violation>& violations) {
  const auto& first = violations.front();
  auto& said = blocked_[step.id.subject + std::string(to_string(step.id.verb))];
  const std::string cause = first.rule + first.code;
  if (said == cause) return;
  said = cause;
  if (policy_.dry_run) {
    log::info("dry run: would do step={} reason={} {}", step.id.text(), step.reason.code,
              step.reason.text);
  } else {
    log::error("step={} blocked by {}: {}", step.id.text(), first.rule, first.text);
  }
  auto refused = event("blocked", step.id.subject, first.text);
  refused.reason = {first.code, first.text};
  refused.verb = to_string(step.id.verb);
  refused.rule = first.rule;
  emit(std::move(refused));
}

void Loop::note_fact(const core::Fact& fact) {
  const auto line = describe(fact);
  if (!line) return;
  const bool polled = line->kind == "demand" || line->kind == "power";
  if (polled && std::exchange(polled_[line->kind + line->subject], line->text) == line->text) {
    return;  // nothing new
  }
  if (line->warn) {
    log::warn("{} {}", line->subject, line->text);
  } else if (line->kind != "demand") {
    log::info("{} {}", line->subject, line->text);
  }
  auto seen = event(line->kind, line->subject, line->text);
  if (const auto* ended = std::get_if<core::StepEnded>(&fact)) {
    seen.verb = to_string(ended->id.verb);
    seen.outcome = to_string(ended->outcome);
  }
  emit(std::move(seen));
}

void Loop::remember(const NodeName& name) {
  auto now_known = remembered(world_.nodes.at(name));
  auto& saved = saved_[name];
  if (saved == now_known) return;
  saved = now_known;
  if (!policy_.dry_run) store_.remember(saved);
}

void Loop::emit(FleetEvent event) {
  event.id = ++last_event_;
  event.at = clock_();
  events_.push_back(event);
  if (events_.size() > kEventsKept) events_.pop_front();
  const auto listeners = listeners_;  // one may unsubscribe while it is called
  for (const auto& [id, listener] : listeners) listener(event);
}

std::uint64_t Loop::subscribe(Listener listener) {
  listeners_[++subscriptions_] = std::move(listener);
  return subscriptions_;
}

void Loop::unsubscribe(std::uint64_t subscription) { listeners_.erase(subscription); }

std::vector<FleetEvent> Loop::events_after(std::uint64_t after) const {
  std::vector<FleetEvent> out;
  std::copy_if(events_.begin(), events_.end(), std::back_inserter(out),
               [&](const FleetEvent& event) { return event.id > after; });
  return out;
}

}  // namespace ecokube
