#include "lab/logins.h"

#include <fmt/format.h>

#include <random>
#include <system_error>

#include "common/whole_file.h"

namespace ecokube::lab {

namespace fs = std::filesystem;

std::string make_token() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 4; ++i) token += fmt::format("{:08x}", random());
  return token;
}

Result<void> write_private(const fs::path& file, std::string_view text) {
  if (auto done = write_whole_file(file, text); !done) return done;
  std::error_code error;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, error);
  if (error) return fail(Errc::io, "chmod 600 " + file.string() + ": " + error.message());
  return {};
}

Result<void> write_kubeconfig(const fs::path& file, const TokenLogin& login) {
  return write_private(file, fmt::format(R"(apiVersion: v1
kind: Config
current-context: lab
clusters:
  - name: lab
    cluster: {{server: "https://{0}", certificate-authority: "{1}"}}
contexts:
  - name: lab
    context: {{cluster: lab, user: "{2}"}}
users:
  - name: "{2}"
    user: {{token: {3}}}
)",
                                         login.server, login.ca.string(), login.user, login.token));
}

}  // namespace ecokube::lab
