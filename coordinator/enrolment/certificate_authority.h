#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/names.h"
#include "common/x509.h"

namespace ecokube::enrolment {

struct AuthorityFiles {
  std::filesystem::path certificate;  ///< may hold others too: the one of `key` signs
  std::filesystem::path key;          ///< 0600
};

struct Authority {
  Certificate certificate;
  Key key;
};
/// Errc::config: which file, what is wrong with it and what to do.
[[nodiscard]] Result<Authority> load_authority(const AuthorityFiles& files);

struct NodeCertificate {
  std::string pem;
  std::string serial;  ///< lower-case hex
  Validity validity;
};

/// The private CA. It signs for nodes and for nobody else: no argument leads to another role.
class CertificateAuthority {
 public:
  /// How far a new certificate begins in the past, for clocks that are a little behind.
  static constexpr std::chrono::minutes kBackdated{5};

  explicit CertificateAuthority(Authority authority);

  /// For the key of `request` (PEM) and the name ecokube://node/<node>, to be shown by a client.
  /// Begins with the second of `not_before_this` at the earliest, and ends with the CA itself at
  /// the latest. Errc::invalid: what is wrong with request or name; Errc::config: the CA's own
  /// certificate has ended.
  [[nodiscard]] Result<NodeCertificate> sign_node(std::string_view request, const NodeName& node,
                                                  TimePoint now, Duration life,
                                                  TimePoint not_before_this = {}) const;

  [[nodiscard]] const X509* certificate() const { return authority_.certificate.get(); }

 private:
  Authority authority_;
};

}  // namespace ecokube::enrolment
