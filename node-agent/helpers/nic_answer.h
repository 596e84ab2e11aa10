#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::agent {

/// device/power/wakeup of a NIC; `none`: there is no such switch, and none is needed.
enum class Wakeup { none, disabled, enabled };

/// What ecokube-nic-arm answers of one NIC, in one line:
///   "supports=pumbg wol=g wakeup=enabled", and " problem=..." to its end if it would not wake the
///   machine. The letters are ethtool's, "d" for none. Where nothing is known: "problem=..." alone.
struct NicAnswer {
  bool known = false;                        ///< the driver was asked, and told the next three
  std::uint32_t supported = 0, enabled = 0;  ///< bits WAKE_*
  Wakeup wakeup = Wakeup::none;
  std::string problem;  ///< why a magic packet would not wake the machine, and what to do

  [[nodiscard]] bool supports_magic() const;
  /// A magic packet to this NIC wakes the machine, as far as the kernel knows.
  [[nodiscard]] bool armed() const;
  bool operator==(const NicAnswer&) const = default;
};

/// ethtool's letters for bits WAKE_*.
[[nodiscard]] std::string wake_letters(std::uint32_t bits);

/// With its end; a longer problem is cut.
[[nodiscard]] std::string to_line(const NicAnswer& answer);
/// Without its end. protocol: it is no such line.
[[nodiscard]] Result<NicAnswer> parse_nic_answer(std::string_view line);

}  // namespace ecokube::agent
