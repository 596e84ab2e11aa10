#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "node-agent/config.h"
#include "node-agent/farewell.h"
#include "node-agent/going_down.h"
#include "node-agent/link/links.h"
#include "node-agent/logind/logind.h"
#include "node-agent/shutdown/guard.h"
#include "node-agent/shutdown/last_end.h"
#include "node-agent/wake/nic_arming.h"
#include "node-agent/wake/rtc_waking.h"

namespace ecokube::agent {

/// Carries out shutdown commands: the guard decides, this reads files, runs hooks, says goodbye and
/// powers off.
class WayDown {
 public:
  /// `logind` knows what inhibits it; nullptr: nobody is asked.
  WayDown(boost::asio::any_io_executor executor, const Config& config, Logind* logind,
          GoingDown& going_down);

  /// Before anything else: the links through which answers and goodbyes go.
  void use_links(Links& links) { links_ = &links; }
  /// Before anything else, too: who sees to it that the machine can be woken, and wakes by itself.
  void use_waking(NicArming& arming, RtcWaking& clock) {
    arming_ = &arming;
    clock_ = &clock;
  }
  /// Before anything else, too: the words of a goodbye.
  void use_farewell(Farewell& farewell) { farewell_ = &farewell; }
  /// Before anything else, too: who remembers that this boot comes to a proper end.
  void use_last_end(LastEnd& last_end) { last_end_ = &last_end; }
  /// Says why this machine or its kubelet might not be let in when it wakes; empty: they would.
  void use_certificate(std::function<std::string()> problem) { certificate_ = std::move(problem); }

  void heartbeat_sent(std::uint64_t session, std::uint64_t sequence);
  /// A coordinator holds the Lease with this fence; kept on disk.
  void fence_seen(std::int64_t fence);
  [[nodiscard]] std::int64_t fence_highest() const { return guard_.fence_highest(); }
  /// `waking` as arming looks at it now: who asks needs it, too.
  [[nodiscard]] std::vector<std::string> vetoes(const Waking& waking) const;
  /// The machine's way down was started: the agent's own end is no news any more.
  [[nodiscard]] bool powering_off() const { return powering_off_; }

  /// From the command to its end, whatever it is.
  boost::asio::awaitable<void> carry_out(std::uint64_t session, v1::Shutdown asked);

 private:
  [[nodiscard]] Conditions conditions(bool peer_is_coordinator, const Waking& waking,
                                      v1::SleepMode mode) const;
  [[nodiscard]] Conditions conditions_of(std::uint64_t session, v1::SleepMode mode) const;
  /// Why what the guard has to remember is not on disk; empty: it is.
  [[nodiscard]] std::string keep_memory();
  [[nodiscard]] std::optional<Refused> consider(std::uint64_t session,
                                                const ShutdownCommand& command);
  [[nodiscard]] std::optional<Refused> confirm(std::uint64_t session, v1::SleepMode mode);
  /// What must be right before anything is run for the command.
  boost::asio::awaitable<std::optional<Refused>> prepare(std::uint64_t session,
                                                         const ShutdownCommand& command);
  void refuse(std::uint64_t session, const std::string& command_id, const Refused& refused);
  boost::asio::awaitable<void> go_down(ShutdownCommand command);

  boost::asio::any_io_executor executor_;
  Config config_;
  std::string memory_problem_;
  ShutdownGuard guard_;
  Logind* logind_;
  GoingDown& going_down_;
  Links* links_ = nullptr;
  NicArming* arming_ = nullptr;
  RtcWaking* clock_ = nullptr;
  LastEnd* last_end_ = nullptr;
  std::function<std::string()> certificate_;
  Farewell* farewell_ = nullptr;
  bool powering_off_ = false;
};

}  // namespace ecokube::agent
