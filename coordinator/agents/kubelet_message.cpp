#include "coordinator/agents/kubelet_message.h"

#include "coordinator/agents/message_bounds.h"

namespace ecokube {

Result<core::KubeletCertificate> read_kubelet_certificate(
    const v1::KubeletCertificate& certificate) {
  if (!certificate.present()) return core::KubeletCertificate{};
  const auto validity = validity_between(certificate.not_before_s(), certificate.not_after_s());
  if (!validity) return broken("kubelet's certificate has dates that are none");
  return core::KubeletCertificate{validity};
}

}  // namespace ecokube
