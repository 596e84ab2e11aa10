#include "common/pinned_tls.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <cctype>
#include <vector>

#include "common/boot_clock.h"
#include "common/x509.h"

namespace ecokube {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::string_view kHashPrefix = "sha256:";
constexpr std::string_view kEnrolProtocolWire =
    "\x10"
    "ecokube-enroll/1";
static_assert(kEnrolProtocolWire.size() == kEnrolProtocol.size() + 1);

/// Lives as long as the context: OpenSSL holds its address.
struct Pinned {
  std::string hash;
  std::shared_ptr<std::string> problem = std::make_shared<std::string>();
  ssl::context context{ssl::context::tls_client};
};

Certificate another(X509* certificate) {
  X509_up_ref(certificate);
  return Certificate(certificate);
}

bool is_hash(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  if (!text.starts_with(kHashPrefix) || text.size() != kHashPrefix.size() + kDigits) return false;
  text.remove_prefix(kHashPrefix.size());
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// OpenSSL's own verification is replaced: there is no trusted CA before the peer has shown one.
int verify_pinned(X509_STORE_CTX* store, void* argument) {
  auto& pinned = *static_cast<Pinned*>(argument);
  std::vector<Certificate> shown;
  std::vector<Certificate> trusted;
  std::string others;
  const auto* all = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; all != nullptr && i < sk_X509_num(all); ++i) {
    auto* one = sk_X509_value(all, i);
    shown.push_back(another(one));
    const auto hash = public_key_hash(one);
    if (hash == pinned.hash) trusted.push_back(another(one));
    if (i > 0) others += (others.empty() ? "" : ", ") + hash;
  }
  if (trusted.empty()) {
    *pinned.problem = others.empty() ? "none" : others;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
  }
  auto* certificate = X509_STORE_CTX_get0_cert(store);
  const auto right =
      verify_certificate(certificate, shown, trusted, TlsEnd::server, RealClock().now());
  if (!right) *pinned.problem = right.error().message;
  X509_STORE_CTX_set_error(store, right ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return right ? 1 : 0;
}

/// The peer's own certificate alone is looked at.
int verify_fingerprint(X509_STORE_CTX* store, void* argument) {
  auto& pinned = *static_cast<Pinned*>(argument);
  const auto* certificate = X509_STORE_CTX_get0_cert(store);
  const auto shown = certificate_hash(certificate);
  const bool right = shown == pinned.hash || public_key_hash(certificate) == pinned.hash;
  *pinned.problem = right ? "" : "it shows a certificate with the fingerprint " + shown;
  X509_STORE_CTX_set_error(store, right ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return right ? 1 : 0;
}

}  // namespace

std::optional<std::string> parse_fingerprint(std::string_view text) {
  std::string hash;
  if (text.starts_with(kHashPrefix)) text.remove_prefix(kHashPrefix.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between_bytes = text[i] == ':' && i % 3 == 2 && i + 1 < text.size();
    if (!between_bytes)
      hash += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
  }
  hash.insert(0, kHashPrefix);
  if (!is_hash(hash)) return std::nullopt;
  return hash;
}

Result<PinnedTls> make_pinned_https_context(const std::string& fingerprint) {
  const auto hash = parse_fingerprint(fingerprint);
  if (!hash) return fail(Errc::config, "\"" + fingerprint + "\" is no SHA-256 fingerprint");
  const auto pinned = std::make_shared<Pinned>();
  pinned->hash = *hash;
  auto* context = pinned->context.native_handle();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_fingerprint, pinned.get());
  return PinnedTls{TlsContext(pinned, &pinned->context), pinned->problem};
}

Result<PinnedTls> make_enrol_client_context(const std::string& ca_hash) {
  if (!is_hash(ca_hash)) {
    return fail(Errc::config,
                "the CA's hash must be sha256: and 64 digits of 0-9 and a-f, as "
                "ecoctl token create prints it");
  }
  const auto pinned = std::make_shared<Pinned>();
  pinned->hash = ca_hash;
  auto* context = pinned->context.native_handle();
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_pinned, pinned.get());
  SSL_CTX_set_alpn_protos(context,
                          reinterpret_cast<const unsigned char*>(kEnrolProtocolWire.data()),
                          static_cast<unsigned>(kEnrolProtocolWire.size()));
  return PinnedTls{TlsContext(pinned, &pinned->context), pinned->problem};
}

}  // namespace ecokube
