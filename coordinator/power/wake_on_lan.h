#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "coordinator/ports.h"

namespace ecokube {

/// Wakes by magic packet: one UDP datagram for each MAC. Nothing is heard back; a new boot id in a
/// heartbeat is the only proof.
[[nodiscard]] std::unique_ptr<PowerControl> make_wake_on_lan(boost::asio::any_io_executor executor);

}  // namespace ecokube
