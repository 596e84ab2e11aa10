#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/validity.h"

namespace ecokube::agent {

/// What ecokube-kubelet-cert answers of the certificate by which the machine's kubelet is let in,
/// in one line, with times in seconds since the epoch:
///   "kubelet=there not_before=1800000000 not_after=1800086400"
/// Where there is no such file: "kubelet=none"; where it can't be read: "problem=...".
struct KubeletCertAnswer {
  std::optional<Validity> validity;
  std::string problem;  ///< why it is not known, and what to do
  bool operator==(const KubeletCertAnswer&) const = default;
};

/// With its end; a longer problem is cut.
[[nodiscard]] std::string to_line(const KubeletCertAnswer& answer);
/// Without its end. protocol: it is no such line.
[[nodiscard]] Result<KubeletCertAnswer> parse_kubelet_cert_answer(std::string_view line);

}  // namespace ecokube::agent
