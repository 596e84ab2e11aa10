#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

#include "common/link_connection.h"
#include "coordinator/identity.h"
#include "ecokube/v1/agent.pb.h"

namespace ecokube {

/// For a peer to read our last words, before the connection is cut.
constexpr std::chrono::milliseconds kFarewellLimit{1000};

/// A machine without a certificate, after its handshake: one Enroll of at most 16 KiB within
/// `limit`, one answer, the end. The error is why it got none.
[[nodiscard]] boost::asio::awaitable<Result<void>> serve_newcomer(
    std::shared_ptr<LinkConnection> link, NodeCertificates& certificates,
    std::chrono::milliseconds limit);

/// The answer on the wire: the certificate, or why there is none.
void write_issued(v1::Issued& into, const Result<IssuedCertificate>& issued);

}  // namespace ecokube
