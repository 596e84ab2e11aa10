#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/error.h"

namespace ecokube::lab {

/// A private CA and certificates for the lab and the tests, made by the openssl command. The
/// product's own CA and enrolment are not this.
struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;  ///< 0600
};

struct CertificateWish {
  std::string file_stem;          ///< "worker1" makes worker1.crt and worker1.key
  std::vector<std::string> sans;  ///< "URI:ecokube://node/worker1", "IP:127.0.0.1", "DNS:localhost"
  int days = 30;
  bool already_expired = false;   ///< valid in the past only
  std::string organization = {};  ///< a group, to Kubernetes
};

/// `<folder>/<stem>.crt` and `.key` of a self-signed CA (EC P-256).
[[nodiscard]] Result<CertificateFiles> make_ca(const std::filesystem::path& folder,
                                               const std::string& stem);
[[nodiscard]] Result<CertificateFiles> make_certificate(const std::filesystem::path& folder,
                                                        const CertificateFiles& ca,
                                                        const CertificateWish& wish);

}  // namespace ecokube::lab
