#include "lab/real/vm/disk_image.h"

#include <fmt/format.h>

#include <array>

#include "common/whole_file.h"
#include "lab/real/host/host_command.h"
#include "lab/real/vm/guest_shell.h"

namespace ecokube::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kShellUnit = R"([Unit]
After=multi-user.target
[Service]
ExecStart=/bin/bash /usr/local/sbin/lab-shell
[Install]
WantedBy=multi-user.target
)";

constexpr std::string_view kWireUnit = R"([Unit]
BindsTo=sys-subsystem-net-devices-eth0.device
After=sys-subsystem-net-devices-eth0.device
Before=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip address add {} broadcast + dev eth0 && ip link set eth0 up'
[Install]
WantedBy=multi-user.target network-online.target
)";

constexpr std::array kMasked{"apt-daily.timer",
                             "apt-daily-upgrade.timer",
                             "dev-hugepages.mount",
                             "dev-mqueue.mount",
                             "dpkg-db-backup.timer",
                             "e2scrub_all.timer",
                             "e2scrub_reap.service",
                             "fstrim.timer",
                             "getty.target",
                             "kmod-static-nodes.service",
                             "sys-kernel-debug.mount",
                             "sys-kernel-tracing.mount",
                             "systemd-pstore.service",
                             "systemd-random-seed.service",
                             "systemd-update-utmp.service"};

}  // namespace

Result<void> prepare_tree(const fs::path& tree, const fs::path& kernel, const std::string& subnet) {
  const auto units = tree / "etc/systemd/system";
  std::error_code error;
  fs::create_directories(tree / "usr/local/sbin", error);
  if (auto done = write_whole_file(tree / "usr/local/sbin/lab-shell", kGuestShell); !done) {
    return done;
  }
  if (auto done = write_whole_file(units / "lab-shell.service", kShellUnit); !done) return done;
  if (auto done = write_whole_file(units / "lab-wire.service",
                                   fmt::format(fmt::runtime(kWireUnit), subnet));
      !done) {
    return done;
  }
  for (const auto* unit : kMasked) {
    fs::remove(units / unit, error);
    fs::create_symlink("/dev/null", units / unit, error);
    if (error) return fail(Errc::io, fmt::format("masking {}: {}", unit, error.message()));
  }
  if (auto done =
          run_on_host(fmt::format("cp -a '{}/usr/.' '{}/usr/'", kernel.string(), tree.string()));
      !done) {
    return done;
  }
  return run_on_host(
      fmt::format("chroot '{}' systemctl --quiet enable lab-shell lab-wire 2>&1", tree.string()));
}

Result<void> make_image(const fs::path& tree, const fs::path& image) {
  constexpr std::uintmax_t kBytes = std::uintmax_t{1} << 30U;  // most of it is never written
  if (auto done = write_whole_file(image, ""); !done) return done;
  std::error_code error;
  fs::resize_file(image, kBytes, error);
  if (error) return fail(Errc::io, "making " + image.string() + ": " + error.message());
  return run_on_host(
      fmt::format("mke2fs -q -F -t ext4 -d '{}' '{}'", tree.string(), image.string()));
}

}  // namespace ecokube::lab
