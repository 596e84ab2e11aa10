#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>

#include "common/raw_wake.h"
#include "coordinator/ports.h"

namespace ecokube {

/// Wakes by magic packet: one UDP datagram for each MAC, out of each interface of this host that is
/// on the segment whose broadcast address it goes to, and there an Ethernet frame besides, by
/// ecokube-raw-wake at `raw_socket`, where that is. Nothing is heard back; a new boot id in a
/// heartbeat is the only proof.
[[nodiscard]] std::unique_ptr<PowerControl> make_wake_on_lan(
    boost::asio::any_io_executor executor, std::filesystem::path raw_socket = kRawWakeSocket);

}  // namespace ecokube
