#include "coordinator/enrolment/certificate_builder.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

namespace ecokube::enrolment {
namespace {

constexpr std::size_t kSerialBytes = 16;

struct BnFree {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};

bool set_serial(X509* certificate) {
  std::array<unsigned char, kSerialBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  const std::unique_ptr<BIGNUM, BnFree> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number && !BN_is_zero(number.get()) &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool set_validity(X509* certificate, const Validity& validity) {
  const auto seconds = [](TimePoint at) { return static_cast<std::time_t>(to_ms(at) / 1000); };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(validity.not_before)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(validity.not_after)) != nullptr;
}

bool add_extension(X509* certificate, X509V3_CTX& context, int nid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, BnFree> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_extensions(X509* certificate, const X509* issuer, const CertificateShape& shape) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, const_cast<X509*>(issuer != nullptr ? issuer : certificate), certificate,
                 nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  if (!add_extension(certificate, context, NID_subject_key_identifier, "hash")) return false;
  if (issuer != nullptr &&
      !add_extension(certificate, context, NID_authority_key_identifier, "keyid,issuer")) {
    return false;
  }
  for (const auto& [nid, value] : shape.extensions) {
    if (!add_extension(certificate, context, nid, value)) return false;
  }
  return true;
}

/// Ed25519 and its like have a digest of their own.
const EVP_MD* digest_for(EVP_PKEY* key) {
  int nid = NID_undef;
  const bool fixed = EVP_PKEY_get_default_digest_nid(key, &nid) == 2 && nid == NID_undef;
  return fixed ? nullptr : EVP_sha256();
}

}  // namespace

Result<Certificate> build_certificate(const CertificateShape& shape, EVP_PKEY* key,
                                      const X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new());
  X509* certificate = made.get();
  const bool filled = made && X509_set_version(certificate, X509_VERSION_3) == 1 &&
                      set_serial(certificate) && set_name(certificate, shape.common_name) &&
                      set_validity(certificate, shape.validity) &&
                      X509_set_pubkey(certificate, key) == 1;
  if (!filled) return openssl_failed(Errc::io, "making a certificate");
  const auto* by = X509_get_subject_name(issuer != nullptr ? issuer : certificate);
  if (X509_set_issuer_name(certificate, by) != 1 || !add_extensions(certificate, issuer, shape) ||
      X509_sign(certificate, issuer_key, digest_for(issuer_key)) <= 0) {
    return openssl_failed(Errc::io, "signing a certificate");
  }
  return made;
}

}  // namespace ecokube::enrolment
