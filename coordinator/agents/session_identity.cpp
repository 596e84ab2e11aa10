// The part of a session that is about certificates: new ones, the next ones, and revoked ones.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "common/log.h"
#include "coordinator/agents/agent_session.h"
#include "coordinator/agents/newcomer.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;

/// Counts a newcomer for as long as it lives.
class Entered {
 public:
  explicit Entered(AgentSessionOwner& owner) : owner_(owner), entered_(owner.newcomer_enters()) {}
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;
  ~Entered() {
    if (entered_) owner_.newcomer_leaves();
  }
  explicit operator bool() const { return entered_; }

 private:
  AgentSessionOwner& owner_;
  bool entered_;
};

}  // namespace

asio::awaitable<Result<void>> AgentSession::enrol(AgentSessionOwner& owner) {
  const Entered entered(owner);
  if (!entered) co_return fail(Errc::busy, "too many machines enrol at the same time");
  co_return co_await serve_newcomer(link_, *options_.certificates, options_.handshake_limit);
}

asio::awaitable<Result<void>> AgentSession::admit(PeerIdentity peer) {
  if (options_.certificates == nullptr) co_return Result<void>();
  ShownCertificate shown{std::move(peer.name), std::move(peer.serial), peer.not_before,
                         peer.not_after};
  auto allowed = co_await options_.certificates->admit(std::move(shown));
  // Revoked while that was written: it has been told.
  if (allowed && !turned_away_) co_return allowed;
  if (!turned_away_) turn_away(allowed.error().message);
  co_await link_->receive(kFarewellLimit);
  if (allowed) co_return fail(Errc::forbidden, "the certificate was revoked");
  co_return allowed;
}

void AgentSession::turn_away(const std::string& why) {
  if (std::exchange(turned_away_, true)) return;
  v1::ToAgent message;
  message.mutable_turned_away()->set_reason(why);
  if (!send(message)) return close("it does not take what we send");
  const auto timer = std::make_shared<asio::steady_timer>(executor_, kFarewellLimit);
  timer->async_wait([self = shared_from_this(), timer](const boost::system::error_code&) {
    self->close("its certificate was revoked");
  });
}

Result<void> AgentSession::take_renew(const v1::Renew& renew_message) {
  if (renewing_) return fail(Errc::protocol, "the agent asks for two certificates at once");
  renewing_ = true;
  asio::co_spawn(executor_, renew(renew_message.signing_request()),
                 [self = shared_from_this()](const std::exception_ptr& error) {
                   self->renewing_ = false;
                   if (error) log::error("renewal ended by an exception node={}", self->node_);
                 });
  return {};
}

asio::awaitable<void> AgentSession::renew(std::string signing_request) {
  const auto self = shared_from_this();
  v1::ToAgent answer;
  auto& issued = *answer.mutable_issued();
  if (options_.certificates == nullptr) {
    issued.set_error("this coordinator signs no certificates");
  } else {
    auto made = co_await options_.certificates->renew(node_, std::move(signing_request));
    write_issued(issued, made);
    if (!made) log::warn("renewal refused node={} why=\"{}\"", node_, made.error().message);
  }
  if (!turned_away_ && !ended_ && !send(answer)) close("it does not take what we send");
}

}  // namespace ecokube
