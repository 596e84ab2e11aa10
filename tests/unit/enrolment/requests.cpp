#include "tests/unit/enrolment/requests.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace ecokube::test {
namespace {

std::string drain(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

std::string signed_request(X509_REQ* request, EVP_PKEY* signer) {
  if (X509_REQ_sign(request, signer, EVP_sha256()) <= 0) throw std::runtime_error("signing");
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509_REQ(bio, request);
  return drain(bio);
}

}  // namespace

Key ec_key(const char* curve) { return Key(EVP_EC_gen(curve)); }
Key rsa_key(unsigned bits) { return Key(EVP_RSA_gen(bits)); }
Key ed25519_key() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

std::string greedy_request(EVP_PKEY* key, const std::string& common_name,
                           const std::vector<std::pair<int, std::string>>& extensions) {
  const SigningRequest request(X509_REQ_new());
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_REQ_set_pubkey(request.get(), key);
  STACK_OF(X509_EXTENSION)* wanted = sk_X509_EXTENSION_new_null();
  X509V3_CTX context;
  X509V3_set_ctx(&context, nullptr, nullptr, request.get(), nullptr, 0);
  for (const auto& [nid, value] : extensions) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("no such extension: " + value);
    sk_X509_EXTENSION_push(wanted, extension);
  }
  if (!extensions.empty()) X509_REQ_add_extensions(request.get(), wanted);
  sk_X509_EXTENSION_pop_free(wanted, X509_EXTENSION_free);
  return signed_request(request.get(), key);
}

std::string request_signed_by_another(EVP_PKEY* key, EVP_PKEY* signer) {
  const SigningRequest request(X509_REQ_new());
  X509_REQ_set_pubkey(request.get(), key);
  return signed_request(request.get(), signer);
}

std::vector<std::string> extension_texts(const X509* certificate, int nid) {
  std::vector<std::string> texts;
  for (int at = X509_get_ext_by_NID(certificate, nid, -1); at >= 0;
       at = X509_get_ext_by_NID(certificate, nid, at)) {
    BIO* bio = BIO_new(BIO_s_mem());
    X509V3_EXT_print(bio, X509_get_ext(certificate, at), 0, 0);
    texts.push_back(drain(bio));
  }
  return texts;
}

std::string subject_of(const X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  return drain(bio);
}

}  // namespace ecokube::test
