#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/error.h"
#include "node-agent/logind/system_bus.h"

namespace ecokube::agent {

/// How long the stages of the running boot took, by systemd's account; absent: not known.
struct BootTimes {
  std::optional<std::chrono::milliseconds> firmware, loader;
  std::optional<std::chrono::milliseconds> kernel;     ///< and its initramfs
  std::optional<std::chrono::milliseconds> userspace;  ///< until everything was started
  bool operator==(const BootTimes&) const = default;
};

/// From the manager's properties, microseconds; 0: it does not know, or not yet. The first two
/// count back from the kernel's start, the others on from it (org.freedesktop.systemd1(5)).
[[nodiscard]] BootTimes boot_stages(std::uint64_t firmware_us, std::uint64_t loader_us,
                                    std::uint64_t userspace_us, std::uint64_t finish_us);

/// Asks systemd. While it still starts units there is no `userspace`.
[[nodiscard]] boost::asio::awaitable<Result<BootTimes>> ask_boot_times(
    std::shared_ptr<SystemBus> bus);

}  // namespace ecokube::agent
