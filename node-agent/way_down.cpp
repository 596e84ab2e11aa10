#include "node-agent/way_down.h"

#include <algorithm>
#include <ctime>
#include <system_error>
#include <utility>

#include "common/boot_clock.h"
#include "common/log.h"
#include "node-agent/shutdown/guard_file.h"
#include "node-agent/shutdown/hooks.h"
#include "node-agent/shutdown/limits.h"
#include "node-agent/shutdown/living_pods.h"
#include "node-agent/shutdown/local_work.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

const char* word_of(v1::SleepMode mode) {
  switch (mode) {
    case v1::SLEEP_MODE_SUSPEND: return "suspend";
    case v1::SLEEP_MODE_HIBERNATE: return "hibernate";
    default: return "power-off";
  }
}

// A file that cannot be looked at counts as there: the guard errs to the safe side.
std::string hold_reason(const std::filesystem::path& file) {
  std::error_code error;
  const bool exists = std::filesystem::exists(std::filesystem::symlink_status(file, error));
  if (exists) return "the hold file " + file.string() + " exists; remove it to allow power-off";
  if (error && error != std::errc::no_such_file_or_directory) {
    return "the hold file " + file.string() + " cannot be looked at: " + error.message();
  }
  return {};
}

// The peer's words go into our log: one line, bounded.
std::string one_line(std::string text) {
  constexpr std::size_t kBytesMax = 1024;
  text.resize(std::min(text.size(), kBytesMax));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return text;
}

std::string owners_limit(const std::filesystem::path& file, const std::vector<std::int64_t>& offs,
                         std::int64_t now_s) {
  const auto limits = read_limits(file);
  if (!limits) return limits.error().message;
  const std::time_t now = now_s;
  std::tm local{};
  if (::localtime_r(&now, &local) == nullptr) return "the local time is not known";
  constexpr int kMinutesPerHour = 60;
  const auto reached =
      limit_reached(*limits, offs, now_s, local.tm_hour * kMinutesPerHour + local.tm_min);
  return reached.empty() ? "" : file.string() + ": " + reached;
}

GuardMemory load_memory(const Config& config, std::string& problem) {
  auto memory = load_guard_memory(config.state_dir);
  if (!memory) {
    problem = memory.error().message;
    return {};
  }
  // Written back at once, so that a folder we may not write is known before the first command.
  const auto saved = save_guard_memory(config.state_dir, *memory);
  if (!saved) problem = saved.error().message;
  return std::move(*memory);
}

}  // namespace

WayDown::WayDown(asio::any_io_executor executor, const Config& config, Logind* logind,
                 GoingDown& going_down)
    : executor_(std::move(executor)),
      config_(config),
      guard_(load_memory(config, memory_problem_), boottime_now()),
      logind_(logind),
      going_down_(going_down) {
  if (memory_problem_.empty()) return;
  log::error("this machine will refuse to power off why=\"{}\"", memory_problem_);
}

void WayDown::heartbeat_sent(std::uint64_t session, std::uint64_t sequence) {
  guard_.heartbeat_sent(session, sequence, boottime_now());
}

void WayDown::fence_seen(std::int64_t fence) {
  if (fence <= guard_.fence_highest()) return;
  log::info("a coordinator leads fence={}", fence);
  guard_.fence_seen(fence);
  if (!memory_problem_.empty()) return;
  // In force at once; on disk with the next command at the latest, or that is refused.
  const auto saved = save_guard_memory(config_.state_dir, guard_.memory());
  if (!saved) log::warn("the highest fence is not on disk why=\"{}\"", saved.error().message);
}

// A link is open only to a peer whose certificate is a coordinator's, so a command's session being
// open is its role.
Conditions WayDown::conditions(bool peer_is_coordinator, const Waking& waking,
                               v1::SleepMode mode) const {
  Conditions now{boottime_now(), peer_is_coordinator, waking.problem.empty(),
                 hold_reason(config_.hold_file), memory_problem_};
  now.wake_problem = waking.problem;
  now.local_work = local_work(config_.keep_on, config_.roots.cgroup, config_.roots.procfs);
  if (logind_ != nullptr) now.inhibited = logind_->standing(mode);
  if (certificate_) now.certificate = certificate_();
  now.wall_s = std::time(nullptr);
  now.limit = owners_limit(config_.limits_file, guard_.offs(), now.wall_s);
  return now;
}

// What may remain is different for each command, so the pods are no standing veto.
Conditions WayDown::conditions_of(std::uint64_t session, v1::SleepMode mode) const {
  auto now = conditions(links_->is_open(session), arming_->look(), mode);
  now.can_sleep_so = going_down_.can(mode);
  auto pods = living_pods(config_.roots.cgroup);
  if (pods) {
    now.living_pods = std::move(*pods);
  } else {
    now.pods_problem = pods.error().message;
  }
  return now;
}

std::vector<std::string> WayDown::vetoes(const Waking& waking) const {
  return guard_.vetoes(conditions(true, waking, v1::SLEEP_MODE_POWER_OFF));
}

std::optional<Refused> WayDown::consider(std::uint64_t session, const ShutdownCommand& command) {
  const auto before = guard_.memory();
  auto now = conditions_of(session, command.mode);
  now.wake_armed = true;  // looked at once the rest is right and the NICs are armed: prepare()
  auto refused = guard_.consider(command, now);
  if (before == guard_.memory() || !memory_problem_.empty()) return refused;
  if (const auto problem = keep_memory(); !problem.empty()) {
    if (!refused) guard_.abandon();
    return Refused{v1::REFUSAL_FENCE, problem};
  }
  return refused;
}

// The disk may be full only for a while: it is not kept as a standing veto.
std::string WayDown::keep_memory() {
  const auto saved = save_guard_memory(config_.state_dir, guard_.memory());
  return saved ? "" : "the highest fence cannot be kept on disk: " + saved.error().message;
}

std::optional<Refused> WayDown::confirm(std::uint64_t session, v1::SleepMode mode) {
  if (auto refused = guard_.confirm(conditions_of(session, mode))) return refused;
  const auto problem = keep_memory();
  if (problem.empty()) return std::nullopt;
  guard_.abandon();
  return Refused{v1::REFUSAL_FENCE, problem};
}

void WayDown::refuse(std::uint64_t session, const std::string& command_id, const Refused& refused) {
  log::warn("shutdown refused command={} refusal={} why=\"{}\"", one_line(command_id),
            v1::Refusal_Name(refused.code), refused.message);
  v1::ShutdownReply reply;
  reply.set_command_id(command_id);
  reply.set_refusal(refused.code);
  reply.set_message(refused.message);
  if (const auto sent = links_->answer(session, reply); !sent) {
    log::warn("refusal not delivered command={} why=\"{}\"", command_id, sent.error().message);
  }
}

asio::awaitable<std::optional<Refused>> WayDown::prepare(std::uint64_t session,
                                                         const ShutdownCommand& command) {
  if (logind_ != nullptr) co_await logind_->refresh();
  if (auto refused = consider(session, command)) co_return refused;
  co_await arming_->arm();
  co_return guard_.confirm_waking(
      conditions(links_->is_open(session), arming_->look(), command.mode));
}

asio::awaitable<void> WayDown::carry_out(std::uint64_t session, v1::Shutdown asked) {
  const ShutdownCommand command{
      asked.command_id(),
      asked.fence(),
      session,
      asked.heartbeat_sequence(),
      one_line(asked.reason()),
      {asked.pods_that_may_remain().begin(), asked.pods_that_may_remain().end()},
      asked.mode()};
  if (const auto refused = co_await prepare(session, command)) {
    refuse(session, command.id, *refused);
    co_return;
  }
  log::info("shutdown asked command={} by={} fence={} reason=\"{}\"", command.id,
            word_of(command.mode), command.fence, command.reason);
  HookOptions options;
  options.folder = config_.hooks_dir;
  options.each = config_.hook_timeout;
  options.total = ShutdownGuard::kHooksTimeMax;
  const auto passed = co_await run_hooks(executor_, options, command.id, command.reason);
  if (!passed) {
    guard_.abandon();
    const Refused refused{v1::REFUSAL_HOOK, passed.error().message};
    refuse(session, command.id, refused);
    co_return;
  }
  co_await clock_->set();
  if (logind_ != nullptr) co_await logind_->refresh();
  if (const auto refused = confirm(session, command.mode)) {
    refuse(session, command.id, *refused);
    co_return;
  }
  v1::ShutdownReply reply;
  reply.set_command_id(command.id);
  reply.set_accepted(true);
  if (const auto sent = links_->answer(session, reply); !sent) {
    log::warn("shutdown dropped: its connection is gone command={}", command.id);
    guard_.abandon();
    co_return;
  }
  co_await go_down(command);
}

asio::awaitable<void> WayDown::go_down(ShutdownCommand command) {
  auto goodbye = farewell_->say(v1::ORIGIN_COORDINATOR);
  goodbye.set_command_id(command.id);
  const bool ends = command.mode == v1::SLEEP_MODE_POWER_OFF;
  const auto word = word_of(command.mode);
  powering_off_ = true;
  if (ends) last_end_->ends();
  co_await links_->leave(std::move(goodbye), kGoodbyeLimit);
  log::info("going down by={} command={}", word, command.id);
  const auto problem = co_await going_down_.go(command.mode);
  if (problem.empty()) {
    log::info("back from {} command={}", word, command.id);
  } else {
    log::error("{} failed command={} why=\"{}\"", word, command.id, problem);
  }
  guard_.abandon();
  powering_off_ = false;
  if (ends) last_end_->stays();
  links_->resume();
}

}  // namespace ecokube::agent
