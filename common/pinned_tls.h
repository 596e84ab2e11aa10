#pragma once

#include <memory>
#include <string>

#include "common/tls_context.h"

namespace ecokube {

/// For a machine that has no certificate and knows nothing of the coordinator but the hash of its
/// CA's public key.
struct PinnedTls {
  TlsContext context;
  /// After a handshake that failed: which CAs the peer showed instead; empty: another reason.
  std::shared_ptr<const std::string> problem;
};

/// TLS 1.3, ALPN "ecokube-enroll/1". The peer's chain must hold a CA with this hash ("sha256:" and
/// 64 hex digits), and its certificate must be valid under that CA alone. Its name is checked by
/// peer_identity(). Errc::config: the hash is none.
[[nodiscard]] Result<PinnedTls> make_enrol_client_context(const std::string& ca_hash);

}  // namespace ecokube
