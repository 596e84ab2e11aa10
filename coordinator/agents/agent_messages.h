#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "coordinator/core/observation.h"
#include "coordinator/ports.h"
#include "ecokube/v1/agent.pb.h"

namespace ecokube {

/// What came over the wire, held to its bounds and turned into core's values. Errors are protocol:
/// the connection is closed with them.
[[nodiscard]] Result<v1::FromAgent> parse_from_agent(std::string_view body);
[[nodiscard]] Result<core::AgentConnected> read_hello(const v1::Hello& hello);
/// Without power and energy, which need the heartbeat before.
[[nodiscard]] Result<core::AgentHeartbeat> read_heartbeat(const v1::Heartbeat& heartbeat);
[[nodiscard]] Result<core::AgentGoodbye> read_goodbye(const v1::Goodbye& goodbye);

/// The command for a shutdown step; too_large when its pods do not fit into a frame.
[[nodiscard]] Result<v1::ToAgent> make_shutdown(const core::Step& step);

/// Magic packets on the relay's segment; invalid: one of the MACs is none.
[[nodiscard]] Result<v1::ToAgent> make_relay(const core::Relay& by, const RelayedPackets& packets);

}  // namespace ecokube
