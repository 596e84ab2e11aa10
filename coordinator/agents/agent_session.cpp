#include "coordinator/agents/agent_session.h"

#include <utility>

#include "common/asio_tuple.h"
#include "common/log.h"
#include "coordinator/agents/agent_messages.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::milliseconds kSilenceSlack{2000};
constexpr std::chrono::milliseconds kFinishLimit{1000};
constexpr int kHeartbeatsMissedMax = 3;
constexpr std::size_t kAskedMax = 16;
constexpr std::size_t kMessageMax = 2048;

// An agent's words go into logs and API answers: one line, bounded.
std::string one_line(std::string text) {
  text.resize(std::min(text.size(), kMessageMax));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace

AgentSession::AgentSession(asio::any_io_executor executor, std::shared_ptr<LinkConnection> link,
                           std::uint64_t number, const AgentServerOptions& options)
    : executor_(std::move(executor)), link_(std::move(link)), number_(number), options_(options) {}

asio::awaitable<void> AgentSession::run(AgentSessionOwner& owner) {
  const auto self = shared_from_this();
  auto result = co_await serve(owner);
  ended_ = true;
  for (auto& [id, asked] : asked_) asked->answered.cancel();
  const auto& peer = link_->peer_address();
  if (!close_reason_.empty()) {
    log::info("agent connection closed node={} session={} peer={} why=\"{}\"", node_, number_, peer,
              close_reason_);
  } else if (!result) {
    log::warn("agent connection ended node={} session={} peer={} error={} why=\"{}\"", node_,
              number_, peer, to_string(result.error().code), one_line(result.error().message));
  } else {
    log::info("agent left node={} session={} peer={} goodbye={}", node_, number_, peer,
              said_goodbye_);
  }
  co_await link_->finish(kFinishLimit);
}

void AgentSession::close(std::string_view why) {
  if (close_reason_.empty()) close_reason_ = why;
  link_->abort();
}

asio::awaitable<Result<void>> AgentSession::serve(AgentSessionOwner& owner) {
  auto peer = co_await link_->handshake(options_.handshake_limit);
  if (!peer) co_return std::unexpected(std::move(peer.error()));
  if (peer->role == PeerIdentity::Role::newcomer) co_return co_await enrol(owner);
  auto greeted = co_await greet(owner, std::move(*peer));
  if (!greeted) co_return greeted;
  const auto silence = options_.heartbeat_interval * kHeartbeatsMissedMax + kSilenceSlack;
  for (;;) {
    auto frame = co_await link_->receive(silence);
    if (!frame) co_return std::unexpected(std::move(frame.error()));
    if (!*frame) co_return Result<void>();
    if (turned_away_) continue;
    const auto message = parse_from_agent(**frame);
    if (!message) co_return std::unexpected(message.error());
    auto taken = take(owner, *message);
    if (!taken) co_return taken;
  }
}

asio::awaitable<Result<void>> AgentSession::greet(AgentSessionOwner& owner, PeerIdentity peer) {
  if (peer.role != PeerIdentity::Role::node) {
    co_return fail(Errc::refused, "the certificate of '" + peer.name +
                                      "' is a coordinator's; only nodes may connect here");
  }
  node_ = peer.name;
  auto frame = co_await link_->receive(options_.handshake_limit);
  if (!frame) co_return std::unexpected(std::move(frame.error()));
  if (!*frame) co_return fail(Errc::protocol, "the agent left without a Hello");
  const auto message = parse_from_agent(**frame);
  if (!message) co_return std::unexpected(message.error());
  if (!message->has_hello()) {
    co_return fail(Errc::protocol, "the agent's first message is not Hello");
  }
  auto connected = read_hello(message->hello());
  if (!connected) co_return std::unexpected(connected.error());
  auto admitted = co_await admit(std::move(peer));
  if (!admitted) co_return admitted;
  connected->node = node_;
  connected->session = number_;
  machine_id_ = connected->inventory.machine_id;
  boot_id_ = connected->inventory.boot_id;
  v1::ToAgent answer;
  answer.mutable_welcome()->set_coordinator_id(options_.coordinator_id);
  answer.mutable_welcome()->set_heartbeat_interval_ms(
      static_cast<std::uint32_t>(options_.heartbeat_interval.count()));
  if (options_.certificates != nullptr) {
    answer.mutable_welcome()->set_ca_bundle_sha256(options_.certificates->ca_bundle_sha256());
  }
  auto sent = send(answer);
  if (!sent) co_return sent;
  log::info("agent connected node={} session={} peer={} boot_id={} agent_version={}", node_,
            number_, link_->peer_address(), boot_id_, message->hello().agent_version());
  owner.session_opened(shared_from_this(), std::move(*connected));
  co_return Result<void>();
}

Result<void> AgentSession::take(AgentSessionOwner& owner, const v1::FromAgent& message) {
  switch (message.body_case()) {
    case v1::FromAgent::kHello: return fail(Errc::protocol, "the agent said Hello twice");
    case v1::FromAgent::kHeartbeat: return take_heartbeat(owner, message.heartbeat());
    case v1::FromAgent::kShutdownReply: return take_reply(message.shutdown_reply());
    case v1::FromAgent::kGoodbye: return take_goodbye(owner, message.goodbye());
    case v1::FromAgent::kRenew: return take_renew(message.renew());
    case v1::FromAgent::kRelayReply: take_relay_reply(message.relay_reply()); return {};
    case v1::FromAgent::BODY_NOT_SET: return {};  // of a newer protocol: not for us
  }
  return {};
}

Result<void> AgentSession::take_heartbeat(AgentSessionOwner& owner,
                                          const v1::Heartbeat& heartbeat) {
  if (said_goodbye_) return fail(Errc::protocol, "a heartbeat came after the agent's goodbye");
  auto facts = read_heartbeat(heartbeat);
  if (!facts) return std::unexpected(std::move(facts.error()));
  if (facts->sequence <= sequence_) {
    return fail(Errc::protocol, "heartbeat " + std::to_string(facts->sequence) + " came after " +
                                    std::to_string(sequence_));
  }
  if (facts->boot_id != boot_id_) {
    return fail(Errc::protocol, "a heartbeat has another boot id than the connection's Hello");
  }
  const auto read_at = heartbeat.energy_at_ms();
  auto sample = power_.update(heartbeat.energy(), read_at > 0 ? Duration(read_at) : facts->uptime);
  if (!sample) return std::unexpected(std::move(sample.error()));
  sequence_ = facts->sequence;
  facts->node = node_;
  facts->session = number_;
  facts->power = sample->power;
  if (!sample->source.empty()) facts->power_source = std::move(sample->source);
  facts->energy = sample->energy;
  facts->energy_unknown_intervals = sample->unknown_intervals;
  owner.session_fact(*this, std::move(*facts));
  return {};
}

Result<void> AgentSession::take_goodbye(AgentSessionOwner& owner, const v1::Goodbye& goodbye) {
  if (said_goodbye_) return fail(Errc::protocol, "the agent said goodbye twice");
  auto facts = read_goodbye(goodbye);
  if (!facts) return std::unexpected(std::move(facts.error()));
  if (facts->boot_id != boot_id_) {
    return fail(Errc::protocol, "the goodbye has another boot id than the connection's Hello");
  }
  said_goodbye_ = true;
  facts->node = node_;
  facts->session = number_;
  log::info("agent says goodbye node={} session={} origin={} command={}", node_, number_,
            to_string(facts->origin), facts->command_id);
  owner.session_fact(*this, std::move(*facts));
  v1::ToAgent answer;
  answer.mutable_goodbye_ack();
  return send(answer);
}

Result<void> AgentSession::take_reply(const v1::ShutdownReply& reply) {
  const auto found = asked_.find(reply.command_id());
  if (found == asked_.end() || found->second->reply) {
    log::warn("agent answers a command nobody waits for node={} session={}", node_, number_);
    return {};
  }
  found->second->reply = reply;
  found->second->answered.cancel();
  return {};
}

/// Packets are repeated every two seconds: the same trouble is said once.
void AgentSession::take_relay_reply(const v1::RelayReply& reply) {
  const auto problem = reply.sent() ? std::string() : one_line(reply.message());
  if (std::exchange(relay_problem_, problem) != problem && !problem.empty()) {
    log::warn("agent did not relay a magic packet node={} why=\"{}\"", node_, problem);
  }
  if (!reply.sent()) return;
  const auto raw = one_line(reply.raw_problem());
  if (std::exchange(raw_problem_, raw) != raw && !raw.empty()) {
    log::info("agent relays magic packets by UDP alone node={} why=\"{}\"", node_, raw);
  }
}

Result<void> AgentSession::tell_relay(const v1::ToAgent& message) {
  auto sent = send(message);
  if (!sent) close("it does not take what we send");
  return sent;
}

asio::awaitable<Result<void>> AgentSession::shutdown(v1::ToAgent command) {
  const auto self = shared_from_this();
  const std::string id = command.shutdown().command_id();
  if (asked_.contains(id)) co_return fail(Errc::conflict, "command " + id + " is under way");
  if (asked_.size() >= kAskedMax) {
    co_return fail(Errc::busy, "too many commands to " + node_ + " are unanswered");
  }
  const auto asked = std::make_shared<Asked>(executor_);
  asked->answered.expires_after(options_.shutdown_reply_timeout);
  auto sent = send(command);
  if (!sent) co_return sent;
  asked_[id] = asked;
  co_await asked->answered.async_wait(kTuple);
  asked_.erase(id);
  if (!asked->reply) {
    const char* why = ended_ ? " was lost before it answered" : " did not answer in time";
    co_return fail(Errc::timeout, "the agent of " + node_ + why + "; it may still go down");
  }
  if (asked->reply->accepted()) co_return Result<void>();
  std::string message = one_line(asked->reply->message());
  if (message.empty()) {
    message = "refused with code " + std::to_string(static_cast<int>(asked->reply->refusal()));
  }
  co_return fail(Errc::refused, std::move(message));
}

void AgentSession::tell_leading(std::int64_t fence) {
  v1::ToAgent message;
  message.mutable_leading()->set_fence(fence);
  // A link that does not take it ends, and is told when it is back.
  if (!send(message)) close("it does not take what we send");
}

Result<void> AgentSession::send(const v1::ToAgent& message) {
  return link_->send(message.SerializeAsString());
}

}  // namespace ecokube
