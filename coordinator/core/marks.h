#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/core/world.h"

// What stands in our annotations on a Node object (S8, S23): written and read here alone, so that a
// successor with no database reads what its predecessor meant.
namespace ecokube::core {

/// names::kIntent: "down transition=7 boot_id=<id>", and " boot=unproven", " for=proof" and
/// " mode=suspend" where that is so.
struct Intent {
  std::int64_t transition = 0;
  std::string boot_id;  ///< of the machine that was to go down; another one has rebooted since
  bool boot_unproven = false;  ///< MarkNode
  bool proves_wake = false;    ///< MarkNode
  SleepMode mode = SleepMode::power_off;
  bool operator==(const Intent&) const = default;
};
[[nodiscard]] Intent intent_of(const MarkNode& mark, std::int64_t transition);
[[nodiscard]] std::string format_intent(const Intent& intent);
[[nodiscard]] std::optional<Intent> parse_intent(std::string_view text);

/// names::kWakeProof: "<method> at_ms=<ms> boot=<fingerprint> slept_ms=<ms> mode=<sleep mode>", by
/// the method that brought it up, after the longest sleep so far; the last three only where they
/// are known, and say more than that it was off. Or "failed at_ms=<ms>": it was to show that it
/// wakes, and did not; "void at_ms=<ms>": it was given up when it was last woken, and what it had
/// shown before does not count.
[[nodiscard]] std::string format_wake_proof(TimePoint at, WakeMethod method = WakeMethod::wol,
                                            const std::string& boot = {}, Duration slept = {},
                                            SleepMode mode = SleepMode::power_off);
[[nodiscard]] std::optional<TimePoint> parse_wake_proof(std::string_view text);
[[nodiscard]] std::string format_failed_proof(TimePoint at);
[[nodiscard]] std::string format_void_proof(TimePoint at);
[[nodiscard]] bool is_failed_proof(std::string_view text);
[[nodiscard]] bool is_void_proof(std::string_view text);
[[nodiscard]] std::string parse_wake_proof_boot(std::string_view text);
[[nodiscard]] Duration parse_wake_proof_sleep(std::string_view text);
[[nodiscard]] SleepMode parse_wake_proof_mode(std::string_view text);

/// names::kPower of what is off: "off (inferred) since_ms=<ms>"; `power` is power_text().
[[nodiscard]] std::string format_off(const std::string& power, TimePoint since);
[[nodiscard]] std::optional<TimePoint> parse_off_since(std::string_view text);

/// names::kWakeRecipe: "address=<host:port> macs=<mac>,<mac> segments=<subnet>,<subnet>"; the last
/// only where they are known.
struct WakeRecipe {
  std::string address;
  std::vector<MacAddress> macs;
  std::vector<Ipv4Subnet> segments = {};
  bool operator==(const WakeRecipe&) const = default;
};
[[nodiscard]] std::string format_wake_recipe(const WakeRecipe& recipe);
[[nodiscard]] std::optional<WakeRecipe> parse_wake_recipe(std::string_view text);

/// names::kWaking: "at_ms=<ms>".
[[nodiscard]] std::string format_waking(TimePoint at);
[[nodiscard]] std::optional<TimePoint> parse_waking(std::string_view text);

/// names::kQuarantine: "until_ms=<ms> failures=<n> slept_ms=<ms>"; empty for one that a person
/// ended.
[[nodiscard]] std::string format_quarantine(const QuarantineNode& quarantine);
[[nodiscard]] std::optional<QuarantineNode> parse_quarantine(std::string_view text);

/// names::kHold: "until_ms=<ms> <by>: <reason>", until_ms only where it ends. Whatever a person
/// wrote there by hand is a hold too, without an end.
[[nodiscard]] std::string format_hold(const Hold& hold);
[[nodiscard]] std::optional<Hold> parse_hold(std::string_view text);

/// names::kRequest: "<verb> at_ms=<ms> until_ms=<ms> <by>: <reason>", until_ms=0 without an end.
[[nodiscard]] std::string format_request(const Request& request);
[[nodiscard]] std::optional<Request> parse_request(std::string_view text);

/// names::kRevoked: "at_ms=<ms> <by>: <reason>".
struct RevokedMark {
  TimePoint at;
  std::string by, reason;
};
[[nodiscard]] std::string format_revoked(const RevokedMark& revoked);
[[nodiscard]] std::optional<RevokedMark> parse_revoked(std::string_view text);

/// names::kFreeze, on the Lease: "freeze <by>: <reason>" or "evacuate <by>: <reason>". Whatever a
/// person wrote there by hand is a freeze too.
[[nodiscard]] std::string format_freeze(const Freeze& freeze);
[[nodiscard]] std::optional<Freeze> parse_freeze(std::string_view text);

}  // namespace ecokube::core
