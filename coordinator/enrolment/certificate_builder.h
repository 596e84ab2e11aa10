#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/x509.h"

namespace ecokube::enrolment {

/// What a certificate says beside its key, its issuer and its random 128-bit serial number.
struct CertificateShape {
  std::string common_name;  ///< at most 64 bytes
  Validity validity;
  /// NID and value in OpenSSL's notation; never with text from outside that was not checked.
  std::vector<std::pair<int, std::string>> extensions;
};

/// Signed by `issuer_key`; without `issuer` self-signed. Key identifiers are added.
[[nodiscard]] Result<Certificate> build_certificate(const CertificateShape& shape, EVP_PKEY* key,
                                                    const X509* issuer, EVP_PKEY* issuer_key);

}  // namespace ecokube::enrolment
