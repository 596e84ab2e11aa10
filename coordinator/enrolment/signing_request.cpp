#include "coordinator/enrolment/signing_request.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string>

namespace ecokube::enrolment {
namespace {

constexpr int kRsaBitsMin = 3072;
constexpr int kRsaBitsMax = 8192;  // a larger one costs us seconds to check
constexpr std::string_view kAllowed = "use EC P-256, EC P-384 or RSA of at least 3072 bits";

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

bool is_named_curve(EVP_PKEY* key) {
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return false;
  int spelt_out = 0;
  EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelt_out);
  const std::string_view name(group.data());
  return spelt_out == 0 && (name == "prime256v1" || name == "secp384r1");
}

bool is_allowed(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") == 1) return is_named_curve(key);
  const int bits = EVP_PKEY_get_bits(key);
  return EVP_PKEY_is_a(key, "RSA") == 1 && bits >= kRsaBitsMin && bits <= kRsaBitsMax;
}

}  // namespace

Result<Key> requested_key(std::string_view pem) {
  if (pem.size() > kRequestBytesMax) {
    return fail(Errc::invalid, "the certificate request is larger than " +
                                   std::to_string(kRequestBytesMax) + " bytes");
  }
  const std::unique_ptr<BIO, BioFree> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const SigningRequest request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (!request) {
    return openssl_failed(Errc::invalid, "this is no certificate request (PKCS #10 in PEM)");
  }
  Key key(X509_REQ_get_pubkey(request.get()));
  if (!key) {
    ERR_clear_error();
    return fail(Errc::invalid, "the request's key is unreadable; " + std::string(kAllowed));
  }
  if (!is_allowed(key.get())) {
    ERR_clear_error();
    return fail(Errc::invalid, "the request's key is not allowed; " + std::string(kAllowed));
  }
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(Errc::invalid, "the request is not signed by the key that it names");
  }
  return key;
}

}  // namespace ecokube::enrolment
