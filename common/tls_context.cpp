#include "common/tls_context.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>

#include "common/names.h"
#include "common/x509.h"

namespace ecokube {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::string_view kLinkProtocolWire =
    "\x0f"
    "ecokube-agent/1";
static_assert(kLinkProtocolWire.size() == kLinkProtocol.size() + 1);
constexpr std::string_view kBothProtocolsWire =
    "\x0f"
    "ecokube-agent/1"
    "\x10"
    "ecokube-enroll/1";
static_assert(kBothProtocolsWire.size() == kLinkProtocol.size() + kEnrolProtocol.size() + 2);

/// Runs one loading step of Asio's context and names the file when it fails.
template <class Load>
Result<void> load(std::string_view what, const std::filesystem::path& file, Load load_into) {
  boost::system::error_code ec;
  load_into(ec);
  if (!ec) return {};
  return fail(Errc::config, fmt::format("{} {}: {}", what, file.string(), ec.message()));
}

Result<void> load_own(ssl::context& context, const std::filesystem::path& certificate,
                      const std::filesystem::path& key) {
  if (auto ok = check_private_key_file(key); !ok) return ok;
  auto ok = load("certificate", certificate,
                 [&](auto& ec) { context.use_certificate_chain_file(certificate.string(), ec); });
  if (!ok) return ok;
  return load("private key", key,
              [&](auto& ec) { context.use_private_key_file(key.string(), ssl::context::pem, ec); });
}

bool select_protocol(std::string_view wire, const unsigned char** out, unsigned char* out_length,
                     const unsigned char* in, unsigned in_length) {
  const auto* ours = reinterpret_cast<const unsigned char*>(wire.data());
  unsigned char* selected = nullptr;
  const int result = SSL_select_next_proto(&selected, out_length, ours,
                                           static_cast<unsigned>(wire.size()), in, in_length);
  *out = selected;
  return result == OPENSSL_NPN_NEGOTIATED;
}

int select_link_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length,
                         const unsigned char* in, unsigned in_length, void* /*argument*/) {
  const bool found = select_protocol(kLinkProtocolWire, out, out_length, in, in_length);
  return found ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// OpenSSL asks this before it decides what certificates to show and to ask for.
int select_either_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_length,
                           const unsigned char* in, unsigned in_length, void* /*argument*/) {
  if (!select_protocol(kBothProtocolsWire, out, out_length, in, in_length)) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  const std::string_view selected(reinterpret_cast<const char*>(*out), *out_length);
  if (selected != kEnrolProtocol) return SSL_TLSEXT_ERR_OK;
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  const auto chained = SSL_build_cert_chain(ssl, SSL_BUILD_CHAIN_FLAG_UNTRUSTED);
  return chained > 0 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<TlsContext> new_context(ssl::context::method method, int min_version) {
  try {
    auto context = std::make_shared<ssl::context>(method);
    SSL_CTX_set_min_proto_version(context->native_handle(), min_version);
    // No resumption: each connection shows its certificate anew, and nothing is sent unasked.
    SSL_CTX_set_session_cache_mode(context->native_handle(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context->native_handle(), 0);
    return context;
  } catch (const std::exception& error) {
    return fail(Errc::io, fmt::format("making a TLS context: {}", error.what()));
  }
}

Result<TlsContext> make_link_context(const TlsFiles& files, ssl::context::method method) {
  auto context = new_context(method, TLS1_3_VERSION);
  if (!context) return context;
  ssl::context& tls = **context;
  auto ok = load("CA certificate", files.ca,
                 [&](auto& ec) { tls.load_verify_file(files.ca.string(), ec); });
  if (ok) ok = load_own(tls, files.certificate, files.key);
  if (!ok) return std::unexpected(std::move(ok.error()));
  tls.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  return context;
}

}  // namespace

Result<void> check_private_key_file(const std::filesystem::path& key) {
  struct stat status{};
  if (::stat(key.c_str(), &status) != 0) {
    return fail(Errc::config, fmt::format("private key {}: {}", key.string(), strerror(errno)));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(Errc::config,
                fmt::format("private key {} may be used by others than its owner (mode {:04o}); "
                            "run: chmod 600 {}",
                            key.string(), status.st_mode & 07777U, key.string()));
  }
  return {};
}

Result<TlsContext> make_link_server_context(const TlsFiles& files, bool enrolment) {
  auto context = make_link_context(files, ssl::context::tls_server);
  if (context) {
    const auto select = enrolment ? select_either_protocol : select_link_protocol;
    SSL_CTX_set_alpn_select_cb((*context)->native_handle(), select, nullptr);
  }
  return context;
}

Result<TlsContext> make_link_client_context(const TlsFiles& files) {
  auto context = make_link_context(files, ssl::context::tls_client);
  if (context) {
    SSL_CTX_set_alpn_protos((*context)->native_handle(),
                            reinterpret_cast<const unsigned char*>(kLinkProtocolWire.data()),
                            static_cast<unsigned>(kLinkProtocolWire.size()));
  }
  return context;
}

Result<TlsContext> make_https_server_context(const std::filesystem::path& certificate,
                                             const std::filesystem::path& key) {
  auto context = new_context(ssl::context::tls_server, TLS1_2_VERSION);
  if (!context) return context;
  if (auto ok = load_own(**context, certificate, key); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  return context;
}

Result<TlsContext> make_https_server_context(const std::filesystem::path& certificate,
                                             const std::filesystem::path& key,
                                             const std::filesystem::path& client_ca) {
  auto context = make_https_server_context(certificate, key);
  if (!context) return context;
  ssl::context& tls = **context;
  auto ok = load("CA of clients", client_ca,
                 [&](auto& ec) { tls.load_verify_file(client_ca.string(), ec); });
  if (!ok) return std::unexpected(std::move(ok.error()));
  const auto let_pass = [](int /*verified*/, X509_STORE_CTX* /*chain*/) { return 1; };
  SSL_CTX_set_verify(tls.native_handle(), SSL_VERIFY_PEER, let_pass);
  return context;
}

Result<TlsContext> make_https_client_context(const HttpsClientIdentity& identity) {
  auto context = new_context(ssl::context::tls_client, TLS1_2_VERSION);
  if (!context) return context;
  ssl::context& tls = **context;
  boost::system::error_code ec;
  if (identity.ca_pem.empty()) {
    tls.set_default_verify_paths(ec);
    if (ec) return fail(Errc::config, "the system's CA certificates: " + ec.message());
  } else {
    tls.add_certificate_authority(boost::asio::buffer(identity.ca_pem), ec);
    if (ec) return fail(Errc::config, "the CA certificate given as PEM text: " + ec.message());
  }
  if (!identity.certificate_pem.empty()) {
    tls.use_certificate_chain(boost::asio::buffer(identity.certificate_pem), ec);
    if (ec) return fail(Errc::config, "the client certificate given as PEM: " + ec.message());
    tls.use_private_key(boost::asio::buffer(identity.key_pem), ssl::context::pem, ec);
    if (ec) return fail(Errc::config, "the client key given as PEM text: " + ec.message());
  }
  tls.set_verify_mode(ssl::verify_peer);
  return context;
}

std::optional<PeerIdentity> parse_identity_uri(std::string_view uri) {
  constexpr std::string_view kNode = "ecokube://node/";
  constexpr std::string_view kCoordinator = "ecokube://coordinator/";
  PeerIdentity identity{};
  if (uri.starts_with(kNode)) {
    identity = {PeerIdentity::Role::node, std::string(uri.substr(kNode.size()))};
  } else if (uri.starts_with(kCoordinator)) {
    identity = {PeerIdentity::Role::coordinator, std::string(uri.substr(kCoordinator.size()))};
  }
  if (!is_node_name(identity.name)) return std::nullopt;
  return identity;
}

Result<PeerIdentity> identity_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> sans(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::optional<std::string> found;
  for (int i = 0; sans && i < sk_GENERAL_NAME_num(sans.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(sans.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    std::string uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                    static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (!uri.starts_with("ecokube://")) continue;
    if (found) return fail(Errc::refused, "the peer's certificate has two ecokube:// names");
    found = std::move(uri);
  }
  if (!found) return fail(Errc::refused, "the peer's certificate has no ecokube:// URI name");
  auto identity = parse_identity_uri(*found);
  if (!identity) {
    return fail(Errc::refused, fmt::format("the peer's certificate has the name '{}', which is "
                                           "neither a node's nor a coordinator's",
                                           *found));
  }
  identity->serial = serial_of(certificate);
  const auto validity = validity_of(certificate);
  if (!validity) return std::unexpected(validity.error());
  identity->not_before = validity->not_before;
  identity->not_after = validity->not_after;
  return *std::move(identity);
}

Result<PeerIdentity> peer_identity(void* ssl_handle) {
  const auto* ssl = static_cast<const SSL*>(ssl_handle);
  const Certificate certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) return fail(Errc::refused, "the peer showed no certificate");
  return identity_of(certificate.get());
}

}  // namespace ecokube
