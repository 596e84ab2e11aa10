#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/policy_clock.h"

namespace ecokube::lab {

enum class PowerState { off, booting, on, dying };
[[nodiscard]] std::string_view to_string(PowerState state);

/// How long the machine takes, and what is wrong with it.
struct MachineSettings {
  Duration boot{std::chrono::seconds(8)};
  Duration die{std::chrono::seconds(2)};
  std::int64_t ignore_packets = 0;  ///< so many valid packets are lost on the way
  /// So many times it powers on, the first start counted; then it is dead, as its power supply is.
  std::int64_t boots_max = std::numeric_limits<std::int32_t>::max();
  std::int64_t boot_slow_factor = 1;  ///< the boot takes so many times longer
};

/// Something the machine did; the shell around it writes it down and acts on it.
struct Happening {
  enum class Kind {
    packet_valid,
    lost_packet,
    powered_on,
    boot_done,
    power_off_asked,
    powered_off
  };
  Kind kind;
  PowerState state;   ///< before it
  std::string cause;  ///< "packet", "button", "start"; "asked", "cut"; why a packet was lost
  bool operator==(const Happening&) const = default;
};
[[nodiscard]] std::string_view to_string(Happening::Kind kind);

/// The power of one machine: off → booting → on → dying → off. Pure: time comes in with each call,
/// what happened goes out, in order.
class PowerMachine {
 public:
  explicit PowerMachine(MachineSettings settings) : settings_(settings) {}

  [[nodiscard]] PowerState state() const { return state_; }
  /// When tick() has something to do; nullopt: never by itself.
  [[nodiscard]] std::optional<TimePoint> deadline() const { return until_; }
  /// Whether the network card, left with standby power, wakes the machine.
  void set_wake_armed(bool armed) { wake_armed_ = armed; }

  using Happenings = std::vector<Happening>;
  [[nodiscard]] Happenings tick(TimePoint now);
  /// A magic packet for this machine arrived.
  [[nodiscard]] Happenings packet(TimePoint now);
  /// `cause` is "button" or "start".
  [[nodiscard]] Happenings power_on(TimePoint now, std::string cause);
  /// The orderly way down: there is `die` time left for programs to end.
  [[nodiscard]] Happenings ask_off(TimePoint now);
  /// The mains fail: off at once.
  [[nodiscard]] Happenings cut(TimePoint now);

 private:
  [[nodiscard]] bool dead() const { return settings_.boots_max == 0; }
  void start_boot(TimePoint now, std::string cause, Happenings& out);

  MachineSettings settings_;
  PowerState state_ = PowerState::off;
  std::optional<TimePoint> until_;
  bool wake_armed_ = true;
};

}  // namespace ecokube::lab
