#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.h"
#include "node-agent/helpers/nic_answer.h"
#include "node-agent/helpers/wake_on_lan.h"

namespace ecokube::agent {

/// What ecokube-nic-arm can be asked, in one line: "arm NIC" or "status NIC".
struct NicQuestion {
  enum class Verb { arm, status };
  Verb verb = Verb::status;
  std::string nic;
  bool operator==(const NicQuestion&) const = default;
};

/// invalid: another verb, or a name that is no plain name of an interface.
[[nodiscard]] Result<NicQuestion> parse_nic_question(std::string_view line);

/// Looks at the NIC; for `arm` it first adds the magic packet to what wakes it, sets
/// device/power/wakeup to "enabled" where it is "disabled", and reads both back.
[[nodiscard]] NicAnswer answer_of(const NicQuestion& question, WakeOnLanDriver& driver,
                                  const std::filesystem::path& sysfs);

}  // namespace ecokube::agent
