#pragma once

#include "common/tls_context.h"
#include "coordinator/enrolment/certificate_authority.h"

namespace ecokube::enrolment {

// What a person runs once on the coordinator's host (ecokube-coordinator make-ca,
// make-certificate). Nothing here is reached from the network.

/// A new CA of ten years in two files that must not exist (Errc::conflict); the key is 0600.
[[nodiscard]] Result<void> make_authority(const AuthorityFiles& files, TimePoint now);

/// The coordinator's own certificate, ecokube://coordinator/<id>, with a new key, of 398 days.
/// `replace`: files that exist are replaced, else they are Errc::conflict.
[[nodiscard]] Result<void> make_coordinator_certificate(const AuthorityFiles& ca,
                                                        const TlsFiles& files,
                                                        const std::string& id, TimePoint now,
                                                        bool replace);

}  // namespace ecokube::enrolment
