#pragma once

#include <filesystem>

#include "lab/real/kubernetes/control_plane_files.h"

namespace ecokube::test {

/// Who the kubelet's double of worker1 is to the API server, as lab-control-plane takes it.
inline constexpr const char* kVmKubeletUser = "kubelet-worker1=system:node:worker1,system:nodes";

/// Puts lab-kubelet, with the libraries that it needs and a service of its own, into a machine's
/// tree: at each boot it reports worker1 as Ready to the API server `server` ("host:port"). It
/// stands in for a kubelet, which needs a container runtime: its pods are child processes.
void put_kubelet(const std::filesystem::path& tree, const std::string& server,
                 const lab::ControlPlaneFiles& control_plane);

}  // namespace ecokube::test
