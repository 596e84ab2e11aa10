#include "node-agent/logind/boot_times.h"

#include <array>

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

/// Longer than any boot: a container counts from its host's start.
constexpr std::uint64_t kSaneUs = 6ULL * 60 * 60 * 1'000'000;

std::optional<std::chrono::milliseconds> stage(std::uint64_t from_us, std::uint64_t to_us) {
  if (to_us <= from_us || to_us - from_us > kSaneUs) return std::nullopt;
  return std::chrono::milliseconds((to_us - from_us) / 1000);
}

}  // namespace

BootTimes boot_stages(std::uint64_t firmware_us, std::uint64_t loader_us,
                      std::uint64_t userspace_us, std::uint64_t finish_us) {
  BootTimes times;
  times.firmware = stage(loader_us, firmware_us);
  times.loader = stage(0, loader_us);
  times.kernel = stage(0, userspace_us);
  times.userspace = stage(userspace_us, finish_us);
  return times;
}

asio::awaitable<Result<BootTimes>> ask_boot_times(std::shared_ptr<SystemBus> bus) {
  constexpr std::array kNames{"FirmwareTimestampMonotonic", "LoaderTimestampMonotonic",
                              "UserspaceTimestampMonotonic", "FinishTimestampMonotonic"};
  std::array<std::uint64_t, kNames.size()> values{};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const BusMethod get{"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                        "org.freedesktop.DBus.Properties", "Get"};
    const SystemBus::Fill fill = [name = kNames[i]](sd_bus_message* message) {
      return sd_bus_message_append(message, "ss", "org.freedesktop.systemd1.Manager", name);
    };
    const auto reply = co_await bus->call(get, fill);
    if (!reply) co_return std::unexpected(reply.error());
    if (sd_bus_message_read(reply->get(), "v", "t", &values[i]) < 0) {
      co_return fail(Errc::protocol, std::string("systemd's ") + kNames[i] + " is no time");
    }
  }
  co_return boot_stages(values[0], values[1], values[2], values[3]);
}

}  // namespace ecokube::agent
