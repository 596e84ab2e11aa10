#pragma once

#include <string>
#include <string_view>

#include "common/error.h"
#include "common/units.h"
#include "coordinator/power/management_controller.h"

// What a user's power program says, as text: no process is started here. docs/power-control.md
// tells its writer.
namespace ecokube {

struct ExecStatus {
  bool on = false;
  std::string guid;  ///< 32 hexadecimal digits; empty: it does not tell
  bool operator==(const ExecStatus&) const = default;
};

/// The last line of what `status` printed: "on" or "off", and behind it the machine's UUID if it
/// likes. protocol: anything else.
[[nodiscard]] Result<ExecStatus> exec_status_in(std::string_view output);

/// The last line of what `watts` printed: a number. refused: one that no machine that is on draws.
/// protocol: anything else.
[[nodiscard]] Result<Power> exec_watts_in(std::string_view output);

/// What an exit code other than 0 means: 2 config, 3 busy, 4 unreachable, 5 unauthorized,
/// 6 unsupported, any other protocol; and the last line that it printed.
[[nodiscard]] Error exec_error(int exit_code, std::string_view output);

}  // namespace ecokube
