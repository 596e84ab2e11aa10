#pragma once

#include <filesystem>
#include <vector>

#include "node-agent/helpers/kubelet_cert_answer.h"

// What ecokube-kubelet-cert reads: a file with the kubelet's certificate and often its key, too, of
// which nothing but the certificate's two dates is ever told.
namespace ecokube::agent {

/// Where kubeadm and Debian, k3s, RKE2 and k0s have it.
[[nodiscard]] std::vector<std::filesystem::path> kubelet_cert_files();

/// Of these files the first certificate of each, and of those the one that was issued last, also
/// where it has ended or has not begun. A link is followed, to a regular file alone.
[[nodiscard]] KubeletCertAnswer kubelet_cert_in(const std::vector<std::filesystem::path>& files);

}  // namespace ecokube::agent
