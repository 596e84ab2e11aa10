#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::lab {

/// 128 random bits in hexadecimal.
[[nodiscard]] std::string make_token();

/// Replaces `file` by `text`, mode 0600.
[[nodiscard]] Result<void> write_private(const std::filesystem::path& file, std::string_view text);

/// Who logs in where: `server` is "host:port".
struct TokenLogin {
  std::string server, user, token;
  std::filesystem::path ca;
};
/// A kubeconfig with this one login, mode 0600.
[[nodiscard]] Result<void> write_kubeconfig(const std::filesystem::path& file,
                                            const TokenLogin& login);

}  // namespace ecokube::lab
