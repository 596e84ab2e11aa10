#include "node-agent/link/enroll.h"

#include <google/protobuf/stubs/logging.h>

#include <utility>

#include "common/link_connection.h"
#include "node-agent/link/look_up.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

Error explain(Error error, const PinnedTls& tls, const std::string& address) {
  if (tls.problem->empty()) return error;
  return {Errc::refused,
          "whoever answers at " + address +
              " is not the coordinator that --ca-hash means; nothing was sent to it. Its "
              "certificate leads to: " +
              *tls.problem + ". Is the hash the one that ecoctl token create printed?"};
}

Result<v1::Issued> read_answer(const std::string& body) {
  const google::protobuf::LogSilencer silence;
  v1::Issued issued;
  if (!issued.ParseFromString(body)) {
    return fail(Errc::protocol, "the coordinator's answer is no Issued");
  }
  if (!issued.error().empty()) {
    return fail(Errc::refused, "the coordinator refuses: " + issued.error());
  }
  return issued;
}

}  // namespace

asio::awaitable<Result<v1::Issued>> enroll_at(asio::any_io_executor executor, std::string address,
                                              PinnedTls tls, v1::Enroll asked,
                                              std::chrono::milliseconds limit) {
  asio::steady_timer timer(executor, limit);
  auto socket = co_await connect_to(executor, address, timer);
  if (!socket) co_return std::unexpected(std::move(socket.error()));
  const auto link =
      make_link_connection(std::move(*socket), tls.context, LinkConnection::Side::client);
  auto peer = co_await link->handshake(limit);
  if (!peer) co_return std::unexpected(explain(std::move(peer.error()), tls, address));
  if (peer->role != PeerIdentity::Role::coordinator) {
    link->abort();
    co_return fail(Errc::refused, "the certificate of '" + peer->name + "' at " + address +
                                      " is a node's, not a coordinator's; nothing was sent to it");
  }
  auto sent = link->send(asked.SerializeAsString());
  if (!sent) co_return std::unexpected(std::move(sent.error()));
  auto frame = co_await link->receive(limit);
  link->abort();
  if (!frame) co_return std::unexpected(std::move(frame.error()));
  if (!*frame) co_return fail(Errc::protocol, address + " closed the connection without an answer");
  co_return read_answer(**frame);
}

}  // namespace ecokube::agent
