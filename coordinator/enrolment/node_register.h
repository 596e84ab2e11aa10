#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "coordinator/identity.h"

namespace ecokube::enrolment {

/// Which names have which certificates, and which are worth nothing. Time is told to it.
class NodeRegister {
 public:
  /// Of each name; what is older is judged by its date alone.
  static constexpr std::size_t kCertificatesMax = 8;

  explicit NodeRegister(std::vector<IdentityRecord> kept = {});

  /// Errc::forbidden: revoked, with who did it and what to do.
  [[nodiscard]] Result<void> may_connect(const ShownCertificate& shown) const;
  /// Whether a node has this name: it has a certificate that is neither revoked nor over.
  [[nodiscard]] bool is_taken(const NodeName& node, TimePoint now) const;

  // What the record would be: nothing changes before put().
  [[nodiscard]] IdentityRecord with(const NodeName& node, CertificateRecord certificate) const;
  [[nodiscard]] IdentityRecord revoked(const NodeName& node, Revocation revocation) const;

  /// By another coordinator, some time ago: what has begun since counts.
  [[nodiscard]] IdentityRecord revoked_elsewhere(const NodeName& node, Revocation revocation) const;

  void put(IdentityRecord record);
  [[nodiscard]] const IdentityRecord* find(const NodeName& node) const;
  [[nodiscard]] bool knows(const ShownCertificate& shown) const;

 private:
  [[nodiscard]] IdentityRecord copy_of(const NodeName& node) const;
  std::map<NodeName, IdentityRecord> nodes_;
};

}  // namespace ecokube::enrolment
