#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "coordinator/core/policy.h"
#include "coordinator/ports.h"

namespace ecokube {

/// The lag of one scaler's consumer group, read each polling_interval on a thread of its own and
/// posted on `executor`: LagSeen, or LagLost when the broker is away or the topic missing (once
/// per cause, not per attempt). Recovers by itself. stop() returns within seconds and nothing is
/// posted after it.
[[nodiscard]] std::unique_ptr<DemandSource> make_kafka_lag(boost::asio::any_io_executor executor,
                                                           core::Scaler scaler);

}  // namespace ecokube
