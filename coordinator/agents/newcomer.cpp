#include "coordinator/agents/newcomer.h"

#include <google/protobuf/stubs/logging.h>

#include <string>
#include <utility>

namespace ecokube {
namespace {

namespace asio = boost::asio;
constexpr std::size_t kEnrollBytesMax = 16UL * 1024;
constexpr std::size_t kTokenBytesMax = 128;
constexpr std::size_t kNameBytesMax = 253;

Result<v1::Enroll> parse_enroll(std::string_view body) {
  const google::protobuf::LogSilencer silence;
  v1::Enroll message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return fail(Errc::protocol, "the newcomer's message is no Enroll");
  }
  if (message.token().size() > kTokenBytesMax || message.node_name().size() > kNameBytesMax) {
    return fail(Errc::protocol, "the newcomer's Enroll has too long a token or name");
  }
  return message;
}

/// Without the port, which is another each time.
std::string host_of(const std::string& peer_address) {
  return peer_address.substr(0, peer_address.rfind(':'));
}

}  // namespace

void write_issued(v1::Issued& into, const Result<IssuedCertificate>& issued) {
  if (!issued) return into.set_error(issued.error().message);
  into.set_certificate(issued->certificate_pem);
  into.set_ca_bundle(issued->ca_bundle_pem);
}

asio::awaitable<Result<void>> serve_newcomer(std::shared_ptr<LinkConnection> link,
                                             NodeCertificates& certificates,
                                             std::chrono::milliseconds limit) {
  link->limit_frames(kEnrollBytesMax);
  auto frame = co_await link->receive(limit);
  if (!frame) co_return std::unexpected(std::move(frame.error()));
  if (!*frame) co_return fail(Errc::protocol, "the newcomer left without an Enroll");
  auto message = parse_enroll(**frame);
  if (!message) co_return std::unexpected(std::move(message.error()));
  EnrolmentRequest asked{message->token(), message->node_name(), message->signing_request(),
                         host_of(link->peer_address())};
  const auto issued = co_await certificates.enroll(std::move(asked));
  v1::Issued answer;
  write_issued(answer, issued);
  auto sent = link->send(answer.SerializeAsString());
  if (!sent) co_return sent;
  // It closes when it has read the answer; nothing that it says more is looked at.
  co_await link->receive(kFarewellLimit);
  if (!issued) co_return fail_while("enrolment refused", issued.error());
  co_return Result<void>();
}

}  // namespace ecokube
