#pragma once

#include <string>

#include "common/tls_context.h"
#include "common/x509.h"

namespace ecokube::agent {

/// A node's key, certificate and whom it believes, in PEM.
struct IdentityText {
  std::string key, certificate, ca_bundle;
};

/// Errc::invalid: the certificate is not the one that was asked for: not of this key, another name,
/// not valid now, or of a CA that is not in the bundle.
[[nodiscard]] Result<Validity> check_identity(const IdentityText& text, const std::string& node,
                                              TimePoint now);

/// Puts it in place of what there was, so that a power cut leaves the old pair or the new one: see
/// finish_replacement(). The key is 0600. Run by root, the files belong to their folder's owner.
[[nodiscard]] Result<void> replace_identity(const TlsFiles& files, const IdentityText& text);

/// Before the files are read: ends what a power cut left in the middle.
[[nodiscard]] Result<void> finish_replacement(const TlsFiles& files);

}  // namespace ecokube::agent
