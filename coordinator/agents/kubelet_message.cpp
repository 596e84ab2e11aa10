#include "coordinator/agents/kubelet_message.h"

#include <chrono>
#include <cstdint>

#include "coordinator/agents/message_bounds.h"

namespace ecokube {

Result<core::KubeletCertificate> read_kubelet_certificate(
    const v1::KubeletCertificate& certificate) {
  constexpr std::int64_t kYear9999 = 253'402'300'799;  // RFC 5280: a certificate without an end
  if (!certificate.present()) return core::KubeletCertificate{};
  const auto before = certificate.not_before_s();
  const auto after = certificate.not_after_s();
  if (before < 0 || after > kYear9999 || after <= before) {
    return broken("kubelet's certificate has dates that are none");
  }
  const auto at = [](std::int64_t s) { return TimePoint(std::chrono::seconds(s)); };
  return core::KubeletCertificate{Validity{at(before), at(after)}};
}

}  // namespace ecokube
