#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "coordinator/power/bmc_access.h"

namespace ecokube {

/// Letters, digits and _, not beginning with a digit, nor with the ECOKUBE_ of our own ones.
[[nodiscard]] bool is_variable_name(std::string_view name);

/// Errc::config unless it is a regular file that we may read, and nobody but its owner may read or
/// change.
[[nodiscard]] Result<void> check_password_file(const std::filesystem::path& file);

/// The first line of its file, after the same check, or its variable. Errc::config also where that
/// is empty.
[[nodiscard]] Result<std::string> read_password(const PasswordSource& source);

/// Of a BMC; nullptr: a program has its own.
[[nodiscard]] PasswordSource* password_of(BmcAccess& access);

/// Takes what is there of these variables, and then out of our environment: whatever program is run
/// for one controller has no business with the passwords of the others.
void take_passwords(const std::vector<PasswordSource*>& sources);

}  // namespace ecokube
