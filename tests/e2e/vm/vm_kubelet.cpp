#include "tests/e2e/vm/vm_kubelet.h"

#include <fmt/format.h>

#include "common/whole_file.h"
#include "coordinator/kubernetes/kubeconfig.h"
#include "lab/logins.h"
#include "lab/real/host/host_command.h"
#include "tests/e2e/vm/vm_parts.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKubeletUnit = R"([Unit]
Wants=network-online.target
After=network-online.target
[Service]
ExecStart=/usr/local/bin/lab-kubelet --kubeconfig /etc/lab-kubelet/kubeconfig --node-name worker1 \
  --cpu 1 --memory 256Mi --pod-dir /var/lib/lab-kubelet --label lab/role=worker --system-uuid {}
[Install]
WantedBy=multi-user.target
)";

// The tree and this host are the same Debian: a library that is there already is the same one.
constexpr std::string_view kCopyProgram = R"(set -e
cp '{0}/lab-kubelet' '{1}/usr/local/bin/lab-kubelet'
ldd '{0}/lab-kubelet' | sed -n 's|.*=> \(/[^ ]*\).*|\1|p' | while read -r library; do
  [ -e '{1}'"$library" ] || cp -L "$library" '{1}'"$library"
done
chroot '{1}' systemctl --quiet enable lab-kubelet 2>&1)";

}  // namespace

void put_kubelet(const fs::path& tree, const std::string& server,
                 const lab::ControlPlaneFiles& control_plane) {
  const auto folder = tree / "etc/lab-kubelet";
  fs::create_directories(folder);
  fs::copy_file(control_plane.certificate("ca"), folder / "ca.crt");
  const auto login = must(kubernetes::read_kubeconfig(control_plane.kubeconfig("kubelet-worker1")));
  must(lab::write_kubeconfig(folder / "kubeconfig",
                             {server, "kubelet-worker1", login.token, "/etc/lab-kubelet/ca.crt"}));
  must(write_whole_file(tree / "etc/systemd/system/lab-kubelet.service",
                        fmt::format(fmt::runtime(kKubeletUnit), kVmUuid)));
  must(lab::run_on_host(fmt::format(fmt::runtime(kCopyProgram), ECOKUBE_BIN_DIR, tree.string())));
}

}  // namespace ecokube::test
