#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/tls_context.h"

namespace ecokube {

/// TLS with a peer of whom nothing is known but the hash of a public key or certificate.
struct PinnedTls {
  TlsContext context;
  /// After a handshake that failed: what the peer showed instead; empty: another reason.
  std::shared_ptr<const std::string> problem;
};

/// For a machine that has no certificate and knows nothing of the coordinator but the hash of its
/// CA's public key.
/// TLS 1.3, ALPN "ecokube-enroll/1". The peer's chain must hold a CA with this hash ("sha256:" and
/// 64 hex digits), and its certificate must be valid under that CA alone. Its name is checked by
/// peer_identity(). Errc::config: the hash is none.
[[nodiscard]] Result<PinnedTls> make_enrol_client_context(const std::string& ca_hash);

/// HTTPS with a server whose certificate has this fingerprint, or whose public key has this hash.
/// Its name, its dates and who signed it don't matter. Errc::config: the fingerprint is none.
[[nodiscard]] Result<PinnedTls> make_pinned_https_context(const std::string& fingerprint);

/// "sha256:" and 64 lower-case digits, from that or from 32 bytes with colons, as
/// `openssl x509 -fingerprint -sha256` prints them; nullopt: it is neither.
[[nodiscard]] std::optional<std::string> parse_fingerprint(std::string_view text);

}  // namespace ecokube
