#include "coordinator/power/secure_on_file.h"

#include "coordinator/power/password.h"

namespace ecokube {

Result<std::optional<SecureOn>> read_secure_on(const std::filesystem::path& file) {
  if (file.empty()) return std::optional<SecureOn>();
  const auto line = read_password({file, {}});
  if (!line) return std::unexpected(line.error());
  auto secure_on = SecureOn::parse(*line);
  if (secure_on) return secure_on;
  return fail(Errc::config, "password file " + file.string() +
                                " holds no SecureOn password: write 6 bytes as aa:bb:cc:dd:ee:ff, "
                                "or 4 as 1.2.3.4, into its first line");
}

}  // namespace ecokube
