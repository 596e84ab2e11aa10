#pragma once

#include <openssl/types.h>

#include <string>
#include <utility>
#include <vector>

#include "common/x509.h"

namespace ecokube::test {

inline constexpr TimePoint kNow = from_ms(1'763'802'600'000);  // 2025-11-22T09:10:00Z

[[nodiscard]] Key ec_key(const char* curve);
[[nodiscard]] Key rsa_key(unsigned bits);
[[nodiscard]] Key ed25519_key();

/// A request that asks for more than a key: subject, SANs, CA:true, and what else OpenSSL can say.
[[nodiscard]] std::string greedy_request(
    EVP_PKEY* key, const std::string& common_name,
    const std::vector<std::pair<int, std::string>>& extensions);
/// A request for the first key that the second has signed.
[[nodiscard]] std::string request_signed_by_another(EVP_PKEY* key, EVP_PKEY* signer);

/// What a certificate says, of each extension with that NID as OpenSSL prints it.
[[nodiscard]] std::vector<std::string> extension_texts(const X509* certificate, int nid);
[[nodiscard]] std::string subject_of(const X509* certificate);

}  // namespace ecokube::test
