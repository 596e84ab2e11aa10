#pragma once

#include <filesystem>
#include <string>

#include "lab/certificates.h"

namespace ecokube::test {

/// The disk of a Debian on which the agent's package was installed as its owner would, on the
/// running machine. In place of the container's NIC, which no packet wakes, the agent is given one
/// that is armed, in /var/lib/card (`sysfs_root`).
[[nodiscard]] std::filesystem::path make_packaged_disk(const std::filesystem::path& folder);

/// Where its configuration looks for them; the key's owner is the caller's affair.
void put_certificates(const std::filesystem::path& disk, const std::filesystem::path& ca,
                      const lab::CertificateFiles& node);

/// What ./dev setup --real made, by the variable that ./dev test real says it with.
[[nodiscard]] std::filesystem::path real_part(const char* variable);

/// For the container; one at a time runs in a process.
[[nodiscard]] std::string machine_name();

}  // namespace ecokube::test
