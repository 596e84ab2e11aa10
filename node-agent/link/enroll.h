#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "common/pinned_tls.h"
#include "ecokube/v1/agent.pb.h"

namespace ecokube::agent {

/// Asks the coordinator at `address` ("host:port") for a certificate, once. refused: its CA is not
/// the one that was meant, or it says no, in its own words.
[[nodiscard]] boost::asio::awaitable<Result<v1::Issued>> enroll_at(
    boost::asio::any_io_executor executor, std::string address, PinnedTls tls, v1::Enroll asked,
    std::chrono::milliseconds limit);

}  // namespace ecokube::agent
