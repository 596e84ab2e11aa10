#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/error.h"

namespace ecokube::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  ///< refused, failed, or not done in time
inline constexpr int kExitUsage = 2;

enum class Verb {
  nodes,
  fleet,
  explain,
  doctor,
  events,
  wake_bundle,
  token_list,
  wake,  ///< from here on something is changed
  sleep,
  hold,
  release,
  test_wake,
  unquarantine,
  revoke,
  token_create,
  token_delete,
  freeze,  ///< from here on it is the whole fleet's
  evacuate,
  unfreeze,
};

/// The verb's word on the command line; of what is asked of nodes and the fleet also in the API's
/// paths.
[[nodiscard]] std::string_view to_string(Verb verb);

/// What was asked for on the command line.
struct Command {
  Verb verb = Verb::nodes;
  std::string node;
  std::string token_id;
  std::filesystem::path socket = "/run/ecokube/api.sock";
  std::string server;  ///< "http://host:port"; only for what is read
  bool json = false;
  std::string reason;
  std::optional<std::chrono::seconds> stay;
  bool follow = false;
  bool wait = false;
  std::filesystem::path bundle;  ///< of wake --offline; empty: the coordinator is asked
  unsigned rate_per_min = 30;    ///< nodes that wake --offline starts in a minute
  bool bmc = false;              ///< wake --offline asks every BMC, not only where packets won't do
  std::filesystem::path output;  ///< of wake-bundle; empty: stdout
  std::chrono::seconds timeout{900};

  [[nodiscard]] bool is_offline() const { return !bundle.empty(); }
  [[nodiscard]] bool changes_something() const { return verb >= Verb::wake; }
  /// Asked for on the coordinator's Unix socket only.
  [[nodiscard]] bool is_for_root() const {
    return changes_something() || verb == Verb::wake_bundle;
  }
  [[nodiscard]] bool is_for_all() const { return verb >= Verb::freeze; }
};

/// The command, or the exit code when all is said (help, version, a mistake).
[[nodiscard]] std::variant<Command, int> parse_command(int argc, const char* const* argv,
                                                       const std::string& version);

/// "90", "90s", "15m", "1h", "2d".
[[nodiscard]] Result<std::chrono::seconds> parse_time(std::string_view text);

}  // namespace ecokube::cli
