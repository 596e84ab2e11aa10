#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/raw_waking.h"
#include "ecokube/v1/agent.pb.h"
#include "node-agent/config.h"
#include "node-agent/going_down.h"
#include "node-agent/identity/kubelet_certificate.h"
#include "node-agent/logind/boot_times.h"
#include "node-agent/sensors/boot_state.h"
#include "node-agent/wake/magic_relay.h"
#include "node-agent/wake/own_bmc.h"

namespace ecokube::agent {

/// What a coordinator has to know of this machine to wake it, so that nobody types it; and this
/// machine's part in waking others.
class Discovery {
 public:
  Discovery(boost::asio::any_io_executor executor, const Config& config);
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

  void write(v1::Hello& hello);
  /// What a connection was told last.
  struct Told {
    std::optional<BootState> boot;
    std::optional<BootTimes> times;
    std::optional<SleepAbilities> sleep;
    std::optional<BmcAnswer> bmc;
    std::optional<KubeletCertAnswer> kubelet;
  };
  /// What changes: what it boots next, how long it took, where its BMC is, and until when its
  /// kubelet is let in, if this was not told.
  void write(v1::Heartbeat& heartbeat, Told& told);
  /// Keeps asking for this machine's BMC, until the executor ends.
  boost::asio::awaitable<void> watch_bmc() { return bmc_.run(); }
  /// Keeps asking for the kubelet's certificate, until the executor ends.
  boost::asio::awaitable<void> watch_kubelet() { return kubelet_.run(); }
  [[nodiscard]] const KubeletCertificate& kubelet() const { return kubelet_; }
  /// This boot followed one that had no proper end.
  void say_after_crash(bool so) { after_crash_ = so; }
  /// How long the stages of this boot took, as far as it is known by now.
  void use_boot_times(std::function<BootTimes()> times) { boot_times_ = std::move(times); }
  /// What it can besides power off, as far as it is known by now.
  void use_sleep_abilities(std::function<SleepAbilities()> abilities) {
    abilities_ = std::move(abilities);
  }
  /// Sends what a coordinator asks for, if it may be sent, and logs it.
  [[nodiscard]] v1::RelayReply relay(const v1::Relay& asked);

 private:
  void write_machine(v1::Machine& out) const;
  void write_boot(const BootState& boot, v1::Boot& out) const;
  /// The answer to what was sent.
  [[nodiscard]] Result<v1::RelayReply> send(const v1::Relay& asked);

  MachineRoots roots_;
  std::vector<Ipv4Subnet> given_segments_;
  bool relays_;
  BootWatch boot_;
  OwnBmc bmc_;
  KubeletCertificate kubelet_;
  bool after_crash_ = false;
  std::function<BootTimes()> boot_times_ = [] { return BootTimes(); };
  std::function<SleepAbilities()> abilities_ = [] { return SleepAbilities(); };
  MagicRelay relay_;
  RawWaking raw_;
  std::string relay_problem_;  ///< that was logged last
};

}  // namespace ecokube::agent
