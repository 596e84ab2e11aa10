#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ecokube/v1/agent.pb.h"
#include "node-agent/helpers/nic_answer.h"
#include "node-agent/sensors/machine.h"

namespace ecokube::agent {

/// A hardware NIC with what is known of its waking this machine.
struct WakingNic {
  Nic nic;                        ///< wake_armed: a magic packet to it would, as verified
  std::optional<bool> supported;  ///< it can be armed; absent: not known
  std::string problem;            ///< why it would not, and what to do; empty: it would
  bool operator==(const WakingNic&) const = default;
};

struct Waking {
  std::vector<WakingNic> nics;
  std::string problem;  ///< why none would wake this machine, by their names; empty: one would (S3)
  bool verified = false;  ///< by the helper; else it is what sysfs says
};

struct NicArmingOptions {
  MachineRoots roots;
  std::vector<Ipv4Subnet> segments;             ///< as configured; empty: the interfaces' own
  std::filesystem::path socket;                 ///< of ecokube-nic-arm; empty: it is not asked
  std::chrono::milliseconds each{3000};         ///< time limit of one question
  std::chrono::milliseconds total{5000};        ///< of all NICs together
  std::chrono::milliseconds interval{300'000};  ///< from one look to the next
  std::chrono::milliseconds retry{5'000};  ///< the first pause while none is armed; then doubling
  std::chrono::milliseconds find_interval{30'000};  ///< from one search for NICs to the next
  bool only_look = false;                           ///< change nothing
  bool needed = true;  ///< false: something else wakes this machine, and no armed NIC is no problem
};

/// Has the NICs armed for Wake-on-LAN by the helper, and knows what came of it. Without a helper on
/// this machine it knows what device/power/wakeup says.
class NicArming {
 public:
  NicArming(boost::asio::any_io_executor executor, NicArmingOptions options);

  /// Arms and verifies at once and at each interval, until the executor ends.
  boost::asio::awaitable<void> run();
  /// Arms each NIC that has a link (all, if none has) and verifies all. Never longer than `total`.
  boost::asio::awaitable<void> arm();
  /// What was found, with what sysfs says at this moment of the NICs there are; a machine full of
  /// pods has more than a hundred interfaces, so those are looked for each `find_interval`.
  [[nodiscard]] Waking look() const;

 private:
  boost::asio::awaitable<NicAnswer> ask(std::string question, std::chrono::milliseconds limit);
  [[nodiscard]] WakingNic known(const Nic& nic) const;
  [[nodiscard]] const std::vector<Nic>& nics() const;
  void note_changes();

  boost::asio::any_io_executor executor_;
  NicArmingOptions options_;
  bool installed_;                            ///< the helper is
  std::map<std::string, NicAnswer> answers_;  ///< by the NIC's name
  mutable std::vector<Nic> nics_;
  mutable std::optional<std::chrono::nanoseconds> found_at_;  ///< CLOCK_BOOTTIME
  std::string told_;                                          ///< the last problem that was logged
};

void write_nics(const Waking& waking, google::protobuf::RepeatedPtrField<v1::Nic>& out);

}  // namespace ecokube::agent
