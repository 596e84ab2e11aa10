#include "coordinator/core/kubelet_certificate.h"

#include "common/span_text.h"

namespace ecokube::core {

std::optional<TimePoint> awake_for_kubelet(const Node& node) {
  const auto& certificate = node.inventory.kubelet_certificate;
  if (!certificate || !certificate->validity) return std::nullopt;
  return awake_by(*certificate->validity);
}

std::string kubelet_certificate_text(const Node& node, TimePoint now) {
  return "the kubelet's certificate " +
         end_text(node.inventory.kubelet_certificate->validity->not_after, now);
}

}  // namespace ecokube::core
