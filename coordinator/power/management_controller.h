#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/units.h"

namespace ecokube {

/// What a management controller is asked for. soft is the power button, off cuts the power.
enum class BmcVerb { status, guid, watts, on, soft, off };
[[nodiscard]] std::string_view to_string(BmcVerb verb);

/// What a controller measures of its whole machine; never zero.
struct MeasuredPower {
  Power power;
  std::string source;  ///< travels with the figure: "dcmi", "redfish", "exec"
  bool operator==(const MeasuredPower&) const = default;
};

/// One machine's BMC, or what stands for one. Each call ends within its `limit`, after which
/// nothing of it reaches the machine any more. Errors: unreachable (nobody answers), unauthorized
/// (user or password), forbidden (the user may not), busy, unsupported, conflict (not while the
/// machine is as it is), refused (any other answer that is a no), timeout, protocol and
/// too_large (no answer that we know), config (what it is reached by is wrong here), io (its
/// program can't be started).
class ManagementController {
 public:
  virtual ~ManagementController() = default;
  /// "BMC 10.0.0.9:623": for messages.
  [[nodiscard]] virtual std::string text() const = 0;
  /// True: the machine is on.
  [[nodiscard]] virtual boost::asio::awaitable<Result<bool>> read_power(
      std::chrono::milliseconds limit) = 0;
  /// Which machine it is of, as 32 hexadecimal digits; empty: it has none to tell.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::string>> read_guid(
      std::chrono::milliseconds limit) = 0;
  /// What the machine, which is on, draws at the moment. unsupported: nothing measures it. refused:
  /// something does, and gives no figure that could be true.
  [[nodiscard]] virtual boost::asio::awaitable<Result<MeasuredPower>> read_watts(
      std::chrono::milliseconds limit) = 0;
  /// on, soft or off; taken, which is not yet done. read_power() was called just before.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> order(
      BmcVerb verb, std::chrono::milliseconds limit) = 0;
  /// Gives back what it holds there (a session: BMCs have few), as far as the BMC lets it.
  [[nodiscard]] virtual boost::asio::awaitable<void> close(std::chrono::milliseconds /*limit*/) {
    co_return;
  }
};

}  // namespace ecokube
