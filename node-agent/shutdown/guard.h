#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "ecokube/v1/agent.pb.h"

namespace ecokube::agent {

/// A shutdown as asked for by the peer.
struct ShutdownCommand {
  std::string id;
  std::int64_t fence = 0;
  std::uint64_t session = 0;  ///< the connection it came over
  std::uint64_t heartbeat_sequence = 0;
  std::string reason;
  std::vector<std::string> pods_that_may_remain = {};  ///< UIDs
  v1::SleepMode mode = v1::SLEEP_MODE_POWER_OFF;
};

/// What is the case on this machine at the moment of a decision.
struct Conditions {
  std::chrono::nanoseconds now{};  ///< CLOCK_BOOTTIME
  bool peer_is_coordinator = false;
  bool wake_armed = false;     ///< some NIC would wake this machine again (S3)
  std::string hold;            ///< why a person holds it; empty: not held
  std::string memory_problem;  ///< why the fence can't be kept on disk; empty: it can
  std::vector<std::string> living_pods = {};  ///< UIDs, as the kernel knows them (S20)
  std::string pods_problem = {};              ///< why they could not be looked at; empty: they were
  std::string local_work = {};  ///< what else lives that keeps this machine on; empty: nothing
  std::vector<std::string> inhibited = {};  ///< who wants it to stay on, in words (logind)
  std::string limit = {};         ///< why the owner's limits forbid it now; empty: they do not
  std::int64_t wall_s = 0;        ///< seconds since the epoch, by this machine's clock
  std::string certificate = {};   ///< why it or its kubelet might not be let in when it wakes
  bool can_sleep_so = true;       ///< as the command says
  std::string wake_problem = {};  ///< with !wake_armed: which NIC would not, why, and what to do
};

struct Refused {
  v1::Refusal code;
  std::string message;  ///< what failed, on what, what to do
  bool operator==(const Refused&) const = default;
};

/// What must survive a restart of the agent.
struct GuardMemory {
  std::int64_t fence_highest = 0;
  std::vector<std::string> commands;  ///< ids seen, oldest first
  std::vector<std::int64_t> offs;     ///< power-offs, oldest first, in seconds since the epoch
  bool operator==(const GuardMemory&) const = default;
};

/// Decides whether this machine goes down when told to (S13, S20): pure, knows neither files nor
/// links. The way is consider() → memory on disk → arming the NICs → confirm_waking() → hooks →
/// confirm() → memory on disk → power-off, or abandon() anywhere.
class ShutdownGuard {
 public:
  /// A command must answer a heartbeat not older than this.
  static constexpr std::chrono::seconds kHeartbeatAgeMax{10};
  /// From consider() to confirm(). Below the coordinator's patience, so that a machine never goes
  /// down for a command that was given up and whose node takes work again.
  static constexpr std::chrono::seconds kHooksTimeMax{25};
  static constexpr std::size_t kCommandsMax = 1024;       ///< ids known, also after a restart
  static constexpr std::size_t kCommandIdBytesMax = 512;  ///< a node's name has up to 253
  static constexpr std::size_t kHeartbeatsMax = 1024;     ///< of all connections together
  static constexpr std::size_t kOffsMax = 1024;

  ShutdownGuard(const GuardMemory& memory, std::chrono::nanoseconds now);

  /// A command must answer a heartbeat of the connection it came over. No two connections have the
  /// same number.
  void heartbeat_sent(std::uint64_t session, std::uint64_t sequence, std::chrono::nanoseconds now);
  /// Some coordinator holds the Lease with this fence: what has a lower one is over.
  void fence_seen(std::int64_t fence) { fence_highest_ = std::max(fence_highest_, fence); }

  /// The refusal, or nullopt: accepted so far and under way. Either way memory() may have changed
  /// and must be on disk before anything is done.
  [[nodiscard]] std::optional<Refused> consider(const ShutdownCommand& command,
                                                const Conditions& conditions);
  /// After the NICs were armed and before the hooks: whether one would wake this machine (S3).
  [[nodiscard]] std::optional<Refused> confirm_waking(const Conditions& conditions);
  /// The last look, after the hooks: nullopt means power off now, once memory(), which counts it,
  /// is on disk.
  [[nodiscard]] std::optional<Refused> confirm(const Conditions& conditions);
  /// The command under way will not be carried out.
  void abandon() { under_way_.reset(); }

  [[nodiscard]] bool under_way() const { return under_way_.has_value(); }
  [[nodiscard]] GuardMemory memory() const;
  /// GuardMemory::offs.
  [[nodiscard]] const std::vector<std::int64_t>& offs() const { return offs_; }
  [[nodiscard]] std::int64_t fence_highest() const { return fence_highest_; }
  /// Why any shutdown would be refused now; empty: it would not.
  [[nodiscard]] std::vector<std::string> vetoes(const Conditions& conditions) const;

 private:
  struct Seen {
    std::string id;
    std::chrono::nanoseconds at;
  };
  struct Heartbeat {
    std::uint64_t session;
    std::uint64_t sequence;
    std::chrono::nanoseconds at;
  };
  struct UnderWay {
    ShutdownCommand command;
    std::chrono::nanoseconds since;
  };

  [[nodiscard]] std::optional<Refused> remember(const ShutdownCommand& command,
                                                std::chrono::nanoseconds now);
  [[nodiscard]] std::optional<Refused> check_fence(const ShutdownCommand& command);
  [[nodiscard]] std::optional<Refused> check_age(const ShutdownCommand& command,
                                                 std::chrono::nanoseconds now) const;
  [[nodiscard]] static std::optional<Refused> check_waking(const Conditions& conditions);
  [[nodiscard]] static std::optional<Refused> check_machine(const Conditions& conditions);
  [[nodiscard]] static std::optional<Refused> check_work(const ShutdownCommand& command,
                                                         const Conditions& conditions);

  std::int64_t fence_highest_ = 0;
  std::deque<Seen> seen_;
  std::deque<Heartbeat> heartbeats_;
  std::vector<std::int64_t> offs_;
  std::optional<UnderWay> under_way_;
};

}  // namespace ecokube::agent
