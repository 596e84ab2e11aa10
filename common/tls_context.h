#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/policy_clock.h"

namespace boost::asio::ssl {
class context;
}

namespace ecokube {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

/// PEM files. A private key readable by group or others is refused (Errc::config).
struct TlsFiles {
  std::filesystem::path ca;           ///< whom we believe
  std::filesystem::path certificate;  ///< our own, with chain; empty: none
  std::filesystem::path key;          ///< 0600
};

/// Errc::config: the file can't be read, or others than its owner may use it.
[[nodiscard]] Result<void> check_private_key_file(const std::filesystem::path& key);

/// ALPN of the agent link, and of a machine that has no certificate yet.
inline constexpr std::string_view kLinkProtocol = "ecokube-agent/1";
inline constexpr std::string_view kEnrolProtocol = "ecokube-enroll/1";

/// Mutual TLS of the agent link: TLS 1.3 only, both ends show a certificate of `ca`,
/// ALPN "ecokube-agent/1". Names in the certificate are checked by peer_identity().
/// The server with `enrolment` also takes clients without a certificate, but only such as speak
/// "ecokube-enroll/1"; to them it shows its chain with the CA.
[[nodiscard]] Result<TlsContext> make_link_server_context(const TlsFiles& files,
                                                          bool enrolment = false);
[[nodiscard]] Result<TlsContext> make_link_client_context(const TlsFiles& files);

/// HTTPS server with a certificate, clients without (bearer tokens above it).
[[nodiscard]] Result<TlsContext> make_https_server_context(const std::filesystem::path& certificate,
                                                           const std::filesystem::path& key);
/// The same for clients that may show a certificate. One that `client_ca` has not signed ends no
/// handshake, as at a Kubernetes API server; its name is just not known.
[[nodiscard]] Result<TlsContext> make_https_server_context(const std::filesystem::path& certificate,
                                                           const std::filesystem::path& key,
                                                           const std::filesystem::path& client_ca);
/// HTTPS client that believes `ca_pem` (PEM text; empty: the system's store). Optional client
/// certificate and key as PEM text. Host names are checked by the HTTP client.
struct HttpsClientIdentity {
  std::string ca_pem;
  std::string certificate_pem;
  std::string key_pem;
  bool operator==(const HttpsClientIdentity&) const = default;
};
[[nodiscard]] Result<TlsContext> make_https_client_context(const HttpsClientIdentity& identity);

/// Who the peer of the agent link is, from the URI SAN of its verified certificate.
struct PeerIdentity {
  enum class Role { node, coordinator, newcomer } role;  ///< newcomer: without certificate
  std::string name;
  std::string serial = {};  ///< of the certificate, lower-case hex; empty where none was read
  TimePoint not_before = {}, not_after = {};
  bool operator==(const PeerIdentity&) const = default;
};

/// Parses "ecokube://node/<name>" or "ecokube://coordinator/<id>".
[[nodiscard]] std::optional<PeerIdentity> parse_identity_uri(std::string_view uri);

/// Exactly one ecokube:// URI SAN of a certificate, else refused.
[[nodiscard]] Result<PeerIdentity> identity_of(const X509* certificate);
/// Of a finished handshake (`ssl` is an SSL*): exactly one ecokube:// URI SAN, else refused.
[[nodiscard]] Result<PeerIdentity> peer_identity(void* ssl);

}  // namespace ecokube
