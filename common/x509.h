#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/policy_clock.h"
#include "common/validity.h"

struct X509_req_st;  // X509_REQ, which <openssl/types.h> leaves out

namespace ecokube {

struct OpensslFree {
  void operator()(X509* certificate) const;
  void operator()(X509_req_st* request) const;
  void operator()(EVP_PKEY* key) const;
};
using Certificate = std::unique_ptr<X509, OpensslFree>;
using SigningRequest = std::unique_ptr<X509_req_st, OpensslFree>;
using Key = std::unique_ptr<EVP_PKEY, OpensslFree>;

/// Each certificate of a PEM text, at least one and at most 16. Errc::invalid: what is wrong.
[[nodiscard]] Result<std::vector<Certificate>> parse_certificates(std::string_view pem);
/// An unencrypted private key in PEM.
[[nodiscard]] Result<Key> parse_key(std::string_view pem);

/// Of any bytes, in lower-case hex.
[[nodiscard]] std::string hex_of(const unsigned char* bytes, std::size_t size);
[[nodiscard]] std::string sha256_of(std::string_view text);
/// "sha256:<hex>" of the SubjectPublicKeyInfo in DER, as kubeadm's --discovery-token-ca-cert-hash.
[[nodiscard]] std::string public_key_hash(const X509* certificate);
/// "sha256:<hex>" of the whole certificate in DER: its fingerprint.
[[nodiscard]] std::string certificate_hash(const X509* certificate);
/// The serial number in lower-case hex.
[[nodiscard]] std::string serial_of(const X509* certificate);

[[nodiscard]] Result<Validity> validity_of(const X509* certificate);

[[nodiscard]] bool same_key(const X509* certificate, EVP_PKEY* key);
[[nodiscard]] std::string to_pem(const X509* certificate);
[[nodiscard]] std::string to_pem(const EVP_PKEY* private_key);
/// A new EC P-256 key. Errc::io: OpenSSL could not make one.
[[nodiscard]] Result<Key> make_key();
/// A request for a certificate that says nothing but "this key is mine", in PEM.
[[nodiscard]] Result<std::string> make_signing_request(EVP_PKEY* key);

/// `certificate` (first of its chain) leads to one of `trusted` and may be used at `now` as the
/// server's or the client's end of TLS. Errc::refused: why not.
enum class TlsEnd { server, client };
[[nodiscard]] Result<void> verify_certificate(X509* certificate,
                                              const std::vector<Certificate>& chain,
                                              const std::vector<Certificate>& trusted, TlsEnd end,
                                              TimePoint now);

/// The newest entry of OpenSSL's error queue, which is emptied: "doing: reason".
[[nodiscard]] std::unexpected<Error> openssl_failed(Errc code, std::string_view doing);

}  // namespace ecokube
