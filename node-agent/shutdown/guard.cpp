#include "node-agent/shutdown/guard.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ecokube::agent {
namespace {

constexpr std::string_view kNotArmed =
    "no NIC of this machine is armed for wake-on-lan, it could not be woken again; arm one "
    "(ethtool -s <nic> wol g) and check device/power/wakeup";

}  // namespace

ShutdownGuard::ShutdownGuard(const GuardMemory& memory, std::chrono::nanoseconds now)
    : fence_highest_(memory.fence_highest) {
  for (const auto& id : memory.commands) seen_.push_back({id, now});
  offs_ = memory.offs;
}

void ShutdownGuard::heartbeat_sent(std::uint64_t session, std::uint64_t sequence,
                                   std::chrono::nanoseconds now) {
  heartbeats_.push_back({session, sequence, now});
  while (heartbeats_.size() > kHeartbeatsMax || now - heartbeats_.front().at > kHeartbeatAgeMax) {
    heartbeats_.pop_front();
  }
}

std::optional<Refused> ShutdownGuard::consider(const ShutdownCommand& command,
                                               const Conditions& conditions) {
  if (!conditions.peer_is_coordinator) {
    return Refused{v1::REFUSAL_ROLE, "the peer's certificate is not a coordinator's"};
  }
  if (auto refused = remember(command, conditions.now)) return refused;
  if (auto refused = check_fence(command)) return refused;
  if (auto refused = check_age(command, conditions.now)) return refused;
  if (under_way_) {
    return Refused{v1::REFUSAL_BUSY,
                   "shutdown '" + under_way_->command.id + "' is already under way"};
  }
  if (!conditions.can_sleep_so) {
    return Refused{v1::REFUSAL_CANNOT,
                   "this machine cannot sleep so, or the agent may not: systemctl suspend, "
                   "/sys/power/state"};
  }
  if (auto refused = check_machine(conditions)) return refused;
  if (auto refused = check_work(command, conditions)) return refused;
  under_way_ = UnderWay{command, conditions.now};
  return std::nullopt;
}

std::optional<Refused> ShutdownGuard::confirm_waking(const Conditions& conditions) {
  auto refused = check_waking(conditions);
  if (refused) under_way_.reset();
  return refused;
}

std::optional<Refused> ShutdownGuard::confirm(const Conditions& conditions) {
  if (!under_way_) return Refused{v1::REFUSAL_BUSY, "no shutdown is under way"};
  std::optional<Refused> refused;
  if (!conditions.peer_is_coordinator) {
    refused = Refused{v1::REFUSAL_ROLE, "the coordinator's connection is gone"};
  } else if (under_way_->command.fence < fence_highest_) {
    refused =
        Refused{v1::REFUSAL_FENCE, "a coordinator with fence " + std::to_string(fence_highest_) +
                                       " spoke up meanwhile; this command has " +
                                       std::to_string(under_way_->command.fence)};
  } else if (conditions.now - under_way_->since > kHooksTimeMax) {
    refused = Refused{v1::REFUSAL_HOOK, "the checks before power-off took longer than " +
                                            std::to_string(kHooksTimeMax.count()) + " s together"};
  } else {
    refused = check_machine(conditions);
    if (!refused) refused = check_work(under_way_->command, conditions);
  }
  if (refused) {
    under_way_.reset();
    return refused;
  }
  offs_.push_back(conditions.wall_s);
  if (offs_.size() > kOffsMax) offs_.erase(offs_.begin());
  return std::nullopt;
}

// An id is forgotten only when its command would be refused as expired anyway.
std::optional<Refused> ShutdownGuard::remember(const ShutdownCommand& command,
                                               std::chrono::nanoseconds now) {
  const auto& id = command.id;
  const bool clean = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (id.empty() || id.size() > kCommandIdBytesMax || !clean) {
    return Refused{v1::REFUSAL_REPLAY, "the command has no usable id (1 to " +
                                           std::to_string(kCommandIdBytesMax) +
                                           " printable characters)"};
  }
  if (std::any_of(seen_.begin(), seen_.end(), [&](const Seen& seen) { return seen.id == id; })) {
    return Refused{v1::REFUSAL_REPLAY, "command '" + id + "' was seen before"};
  }
  if (seen_.size() >= kCommandsMax) {
    if (now - seen_.front().at <= kHeartbeatAgeMax) {
      return Refused{v1::REFUSAL_BUSY, "more than " + std::to_string(kCommandsMax) +
                                           " commands within 10 s: none is carried out"};
    }
    seen_.pop_front();
  }
  seen_.push_back({id, now});
  return std::nullopt;
}

std::optional<Refused> ShutdownGuard::check_fence(const ShutdownCommand& command) {
  if (command.fence <= 0 || command.fence < fence_highest_) {
    return Refused{v1::REFUSAL_FENCE,
                   "fence " + std::to_string(command.fence) + " of the command is lower than " +
                       std::to_string(std::max<std::int64_t>(fence_highest_, 1)) +
                       ": it comes from an older leader"};
  }
  fence_highest_ = command.fence;
  return std::nullopt;
}

std::optional<Refused> ShutdownGuard::check_age(const ShutdownCommand& command,
                                                std::chrono::nanoseconds now) const {
  const auto sequence = std::to_string(command.heartbeat_sequence);
  const auto sent =
      std::find_if(heartbeats_.begin(), heartbeats_.end(), [&](const Heartbeat& beat) {
        return beat.session == command.session && beat.sequence == command.heartbeat_sequence;
      });
  if (sent == heartbeats_.end()) {
    return Refused{v1::REFUSAL_EXPIRED, "the command answers heartbeat " + sequence +
                                            ", which is none of this connection's last 10 s"};
  }
  const auto age = now - sent->at;
  if (age > kHeartbeatAgeMax || age.count() < 0) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
    return Refused{v1::REFUSAL_EXPIRED, "the command answers heartbeat " + sequence + " of " +
                                            std::to_string(ms) + " ms ago; the limit is 10 s"};
  }
  return std::nullopt;
}

std::optional<Refused> ShutdownGuard::check_waking(const Conditions& conditions) {
  if (conditions.wake_armed) return std::nullopt;
  const auto& why = conditions.wake_problem;
  return Refused{v1::REFUSAL_WAKE_NOT_ARMED, why.empty() ? std::string(kNotArmed) : why};
}

std::optional<Refused> ShutdownGuard::check_machine(const Conditions& conditions) {
  if (!conditions.memory_problem.empty()) {
    return Refused{v1::REFUSAL_FENCE,
                   "the highest fence cannot be kept on disk: " + conditions.memory_problem};
  }
  if (!conditions.hold.empty()) return Refused{v1::REFUSAL_HELD, conditions.hold};
  if (auto refused = check_waking(conditions)) return refused;
  if (!conditions.limit.empty()) return Refused{v1::REFUSAL_LIMIT, conditions.limit};
  if (!conditions.inhibited.empty()) {
    return Refused{v1::REFUSAL_INHIBITED, conditions.inhibited.front()};
  }
  if (!conditions.local_work.empty()) return Refused{v1::REFUSAL_WORK, conditions.local_work};
  if (!conditions.certificate.empty()) {
    return Refused{v1::REFUSAL_CERTIFICATE, conditions.certificate};
  }
  return std::nullopt;
}

// What the coordinator believes to be here is one thing, what lives here another (S20).
std::optional<Refused> ShutdownGuard::check_work(const ShutdownCommand& command,
                                                 const Conditions& conditions) {
  if (!conditions.pods_problem.empty()) {
    return Refused{v1::REFUSAL_WORK,
                   "it is not known which pods run here: " + conditions.pods_problem};
  }
  const auto& remain = command.pods_that_may_remain;
  for (const auto& uid : conditions.living_pods) {
    if (std::find(remain.begin(), remain.end(), uid) != remain.end()) continue;
    return Refused{v1::REFUSAL_WORK,
                   "pod " + uid + " runs here and is none of those that may remain"};
  }
  return std::nullopt;
}

GuardMemory ShutdownGuard::memory() const {
  GuardMemory memory{fence_highest_, {}, offs_};
  for (const auto& seen : seen_) memory.commands.push_back(seen.id);
  return memory;
}

std::vector<std::string> ShutdownGuard::vetoes(const Conditions& conditions) const {
  std::vector<std::string> vetoes;
  if (under_way_) vetoes.push_back("shutdown '" + under_way_->command.id + "' is under way");
  if (!conditions.memory_problem.empty()) {
    vetoes.push_back("the highest fence cannot be kept on disk: " + conditions.memory_problem);
  }
  if (!conditions.hold.empty()) vetoes.push_back(conditions.hold);
  if (auto refused = check_waking(conditions)) vetoes.push_back(std::move(refused->message));
  if (!conditions.limit.empty()) vetoes.push_back(conditions.limit);
  const auto& inhibited = conditions.inhibited;
  vetoes.insert(vetoes.end(), inhibited.begin(), inhibited.end());
  if (!conditions.local_work.empty()) vetoes.push_back(conditions.local_work);
  if (!conditions.certificate.empty()) vetoes.push_back(conditions.certificate);
  return vetoes;
}

}  // namespace ecokube::agent
