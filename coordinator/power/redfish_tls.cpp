#include "coordinator/power/redfish_tls.h"

#include <fmt/format.h>

#include "common/whole_file.h"

namespace ecokube {

Result<PinnedTls> make_redfish_tls(const RedfishTrust& trust) {
  if (!trust.fingerprint.empty()) return make_pinned_https_context(trust.fingerprint);
  HttpsClientIdentity identity;
  identity.ca_pem = read_whole_file(trust.ca).value_or("");
  if (identity.ca_pem.empty()) {
    return fail(Errc::config,
                fmt::format("bmc_ca {} can't be read or is empty", trust.ca.string()));
  }
  auto context = make_https_client_context(identity);
  if (!context) return fail_while("bmc_ca " + trust.ca.string(), context.error());
  return PinnedTls{*std::move(context), nullptr};
}

}  // namespace ecokube
