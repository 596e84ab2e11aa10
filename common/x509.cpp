#include "common/x509.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>

namespace ecokube {
namespace {

constexpr std::size_t kCertificatesMax = 16;

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

Bio reading(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

/// Never asks a person at the terminal for a pass phrase.
int no_password(char* /*into*/, int /*size*/, int /*writing*/, void* /*argument*/) { return -1; }

Result<TimePoint> time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) {
    return fail(Errc::invalid, "the certificate has an unreadable date");
  }
  return from_ms(static_cast<std::int64_t>(::timegm(&fields)) * 1000);
}

struct StoreFree {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

}  // namespace

void OpensslFree::operator()(X509* certificate) const { X509_free(certificate); }
void OpensslFree::operator()(X509_REQ* request) const { X509_REQ_free(request); }
void OpensslFree::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

std::unexpected<Error> openssl_failed(Errc code, std::string_view doing) {
  const auto number = ERR_peek_last_error();
  const char* reason = number != 0 ? ERR_reason_error_string(number) : nullptr;
  ERR_clear_error();
  return fail(code, std::string(doing) + ": " + (reason != nullptr ? reason : "unknown failure"));
}

Result<std::vector<Certificate>> parse_certificates(std::string_view pem) {
  const auto bio = reading(pem);
  std::vector<Certificate> found;
  ERR_clear_error();
  while (auto* one = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    found.emplace_back(one);
    if (found.size() > kCertificatesMax) {
      return fail(Errc::too_large, "there are more than 16 certificates");
    }
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return openssl_failed(Errc::invalid, "a certificate is unreadable");
  ERR_clear_error();
  if (found.empty()) return fail(Errc::invalid, "there is no PEM certificate");
  return found;
}

Result<Key> parse_key(std::string_view pem) {
  const auto bio = reading(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) return openssl_failed(Errc::invalid, "there is no unencrypted PEM private key");
  return key;
}

std::string hex_of(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 0xfU];
  }
  return text;
}

std::string sha256_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return hex_of(digest.data(), digest.size());
}

std::string public_key_hash(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  auto digest = sha256_of({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return "sha256:" + digest;
}

std::string certificate_hash(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (::X509_digest(certificate, ::EVP_sha256(), digest.data(), &length) != 1) return {};
  return "sha256:" + hex_of(digest.data(), length);
}

std::string serial_of(const X509* certificate) {
  const auto* serial = X509_get0_serialNumber(certificate);
  return hex_of(ASN1_STRING_get0_data(serial),
                static_cast<std::size_t>(ASN1_STRING_length(serial)));
}

Result<Validity> validity_of(const X509* certificate) {
  const auto before = time_of(X509_get0_notBefore(certificate));
  const auto after = time_of(X509_get0_notAfter(certificate));
  if (!before) return std::unexpected(before.error());
  if (!after) return std::unexpected(after.error());
  return Validity{*before, *after};
}

bool same_key(const X509* certificate, EVP_PKEY* key) {
  const bool same = EVP_PKEY_eq(X509_get0_pubkey(certificate), key) == 1;
  ERR_clear_error();
  return same;
}

std::string to_pem(const X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string to_pem(const EVP_PKEY* private_key) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PrivateKey(bio.get(), private_key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

Result<Key> make_key() {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return openssl_failed(Errc::io, "making a private key");
  return key;
}

Result<std::string> make_signing_request(EVP_PKEY* key) {
  const SigningRequest request(X509_REQ_new());
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!request || !bio || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key) != 1 ||
      X509_REQ_sign(request.get(), key, EVP_sha256()) <= 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1) {
    return openssl_failed(Errc::io, "making a certificate request");
  }
  return text_of(bio.get());
}

Result<void> verify_certificate(X509* certificate, const std::vector<Certificate>& chain,
                                const std::vector<Certificate>& trusted, TlsEnd end,
                                TimePoint now) {
  const std::unique_ptr<X509_STORE, StoreFree> store(X509_STORE_new());
  const std::unique_ptr<STACK_OF(X509), StoreFree> between(sk_X509_new_null());
  const std::unique_ptr<X509_STORE_CTX, StoreFree> context(X509_STORE_CTX_new());
  for (const auto& one : trusted) X509_STORE_add_cert(store.get(), one.get());
  for (const auto& one : chain) sk_X509_push(between.get(), one.get());
  if (X509_STORE_CTX_init(context.get(), store.get(), certificate, between.get()) != 1) {
    return openssl_failed(Errc::io, "verifying a certificate");
  }
  X509_STORE_CTX_set_default(context.get(), end == TlsEnd::server ? "ssl_server" : "ssl_client");
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<std::time_t>(to_ms(now) / 1000));
  const bool right = X509_verify_cert(context.get()) == 1;
  const int why = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (right) return {};
  return fail(Errc::refused, X509_verify_cert_error_string(why));
}

}  // namespace ecokube
