#include "coordinator/kubernetes/lease.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "common/asio_tuple.h"
#include "common/backoff.h"
#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;
using boost::json::object;

constexpr std::int64_t kMsPerS = 1000;

/// The sub-object, made when it is absent.
object& child(object& parent, std::string_view key) {
  auto& value = parent[key];
  if (!value.is_object()) value.emplace_object();
  return value.get_object();
}

}  // namespace

std::string micro_time(TimePoint at) {
  const auto ms = to_ms(at);
  const std::time_t seconds = ms / kMsPerS;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}000Z", fmt::gmtime(seconds), ms % kMsPerS);
}

std::string second_time(TimePoint at) {
  const std::time_t seconds = to_ms(at) / kMsPerS;
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

LeaseKeeper::LeaseKeeper(std::shared_ptr<ApiClient> client, asio::any_io_executor executor,
                         LeaseOptions options, Observe observe)
    : client_(std::move(client)),
      options_(std::move(options)),
      observe_(std::move(observe)),
      wake_(executor),
      expiry_(executor),
      ended_(executor),
      claim_(options_.identity, options_.duration),
      random_(std::random_device{}()) {}

void LeaseKeeper::start() {
  running_ = true;
  ended_.expires_at(asio::steady_timer::time_point::max());
  asio::co_spawn(wake_.get_executor(), run(shared_from_this()),
                 [self = shared_from_this()](const std::exception_ptr& error) {
                   self->running_ = false;
                   self->ended_.cancel();
                   if (!error) return;
                   log::thrown("lease event=keeper_ended", error);
                   self->lose("the keeper of the Lease failed");
                 });
}

asio::awaitable<void> LeaseKeeper::stop() {
  stopping_ = true;
  wake_.cancel();
  while (running_) co_await ended_.async_wait(kTuple);
}

void LeaseKeeper::raise_floor(std::int64_t floor) {
  floor_ = std::max(floor_, floor);
  if (held_ && floor_ > held_->fence) wake_.cancel();
}

asio::awaitable<void> LeaseKeeper::run(std::shared_ptr<LeaseKeeper> self) {
  while (!self->stopping_) {
    if (self->held_) {
      co_await self->renew();
    } else {
      co_await self->try_to_take();
    }
    if (self->stopping_) break;
    self->wake_.expires_after(self->pause());
    co_await self->wake_.async_wait(kTuple);
  }
  co_await self->give_back();
}

void LeaseKeeper::watched(ChangeType type, const object& lease) {
  const bool there = type != ChangeType::deleted;
  const auto holder = find_text(lease, {"spec", "holderIdentity"});
  if (held_ ? !there || holder != options_.identity : there) wake_.cancel();
}

/// Soon after a failure. Who waits for another's to run out looks when it has: what it sees late it
/// takes late.
Duration LeaseKeeper::pause() {
  constexpr Duration kBase{100};
  const auto renewal = renews_every(options_.duration);
  if (failures_ > 0) {
    return std::max(Duration(1), next_delay(failures_, random_(), kBase, renewal));
  }
  if (held_ && !held_->acts) {
    return std::clamp(held_->acts_from - options_.clock(), Duration(1), renewal);
  }
  if (const auto at = claim_.may_be_taken_at()) {
    const auto left = *at - options_.clock() + Duration(1);
    return std::clamp(left, Duration(1), std::max(Duration(1), looks_every(options_.duration)));
  }
  return renewal;
}

asio::awaitable<void> LeaseKeeper::try_to_take() {
  const auto found = co_await client_->get(path());
  object lease;
  if (found) {
    lease = found->get_object();
  } else if (found.error().code != Errc::not_found) {
    complain(found.error());
    const auto at = claim_.may_be_taken_at();
    if (at && options_.clock() > *at) see_holder("");
    co_return;
  }
  const auto wait = may_take(found ? &lease : nullptr);
  if (!wait) co_return;
  const auto fence = std::max({claim_.highest_fence(), floor_, own_highest_}) + 1;
  const auto sent = options_.clock();
  auto wish = fill(std::move(lease), fence, true);
  claim_.try_to_take(*wait);
  const auto written = co_await write(std::move(wish));
  if (written) {
    log::info("lease event=taken fence={} identity={} acts_in_ms={}", fence, options_.identity,
              wait->count());
    hold(written->get_object(), fence, sent, claim_.acts_from(*wait, options_.clock()));
  } else if (written.error().code == Errc::conflict) {
    ++failures_;  // another was quicker; what it wrote is read soon
    claim_.was_refused();
  } else {
    complain(written.error());
  }
}

asio::awaitable<void> LeaseKeeper::renew() {
  // What agents saw before we act is another's; afterwards they also report our own.
  const bool raise = held_->acts ? floor_ > held_->fence : floor_ >= held_->fence;
  const auto fence = raise ? floor_ + 1 : held_->fence;
  const auto sent = options_.clock();
  const auto acts_from = held_->acts_from;
  auto wish = fill(held_->lease, fence, raise);
  const auto written = co_await write(std::move(wish));
  if (written) {
    // Even if it expired here meanwhile: nobody took it, or this write would have been refused.
    hold(written->get_object(), fence, sent, acts_from);
    co_return;
  }
  // A server answers a write to a Lease that is gone with either.
  const auto code = written.error().code;
  if (code != Errc::conflict && code != Errc::not_found) co_return complain(written.error());
  ++failures_;
  claim_.was_refused();
  co_await read_again();
}

/// Somebody else wrote it: a person, a backup tool, or another holder.
asio::awaitable<void> LeaseKeeper::read_again() {
  const auto found = co_await client_->get(path());
  if (!held_) co_return;
  if (!found) {
    if (found.error().code != Errc::not_found) co_return;
    if (held_->acts) claim_.was_deleted(held_->valid_until);
    lose("the Lease object was deleted");
    co_return co_await try_to_take();
  }
  const auto& lease = found->get_object();
  const auto holder = find_text(lease, {"spec", "holderIdentity"});
  if (holder == options_.identity) {
    held_->lease = lease;
    claim_.hold(lease);
  } else {
    lose(fmt::format("the Lease was taken by '{}'", holder));
    (void)may_take(&lease);  // whose it is now is told at once
  }
  tell_of_another_past();
}

asio::awaitable<void> LeaseKeeper::give_back() {
  if (!held_) co_return;
  auto wish = held_->lease;
  kubernetes::give_back(wish, micro_time(options_.clock()));
  lose("given back at stop");
  const auto written = co_await write(std::move(wish));
  if (!written) log::warn("lease event=not_given_back reason=\"{}\"", written.error().message);
}

asio::awaitable<Result<boost::json::value>> LeaseKeeper::write(object lease) {
  const bool exists = revision_of(lease) > 0;
  boost::json::value body(std::move(lease));
  if (exists) co_return co_await client_->replace(path(), std::move(body));
  auto leases = fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", options_.ns);
  co_return co_await client_->create(std::move(leases), std::move(body));
}

std::optional<Duration> LeaseKeeper::may_take(const object* lease) {
  const auto before = claim_.holder();
  failures_ = 0;
  const auto wait = claim_.look(lease, options_.clock());
  tell_of_another_past();
  if (wait) return wait;
  if (before != claim_.holder()) log::info("lease event=waiting holder={}", claim_.holder());
  see_holder(claim_.holder());
  return std::nullopt;
}

void LeaseKeeper::tell_of_another_past() {
  if (!claim_.went_backwards()) return;
  log::warn(
      "lease event=went_backwards reason=\"the Lease is older than it was: the cluster was "
      "restored from before that\"");
  options_.went_backwards();
}

object LeaseKeeper::fill(object lease, std::int64_t fence, bool taken) {
  lease["apiVersion"] = "coordination.k8s.io/v1";
  lease["kind"] = "Lease";
  auto& metadata = child(lease, "metadata");
  metadata["name"] = options_.name;
  metadata["namespace"] = options_.ns;
  auto& annotations = child(metadata, "annotations");
  annotations[names::kFence] = std::to_string(fence);
  if (revision_of(lease) == 0 && !freeze_.empty()) annotations[names::kFreeze] = freeze_;
  auto& spec = child(lease, "spec");
  const auto now = micro_time(options_.clock());
  if (taken) {
    const auto* before = spec.if_contains("leaseTransitions");
    const auto* count = before != nullptr ? before->if_int64() : nullptr;
    spec["leaseTransitions"] = count != nullptr ? *count + 1 : 0;
    spec["acquireTime"] = now;
  }
  spec["holderIdentity"] = options_.identity;
  spec["leaseDurationSeconds"] = (options_.duration.count() + kMsPerS - 1) / kMsPerS;
  spec["renewTime"] = now;
  return lease;
}

void LeaseKeeper::hold(object lease, std::int64_t fence, TimePoint sent, TimePoint acts_from) {
  own_highest_ = std::max(own_highest_, fence);
  claim_.hold(lease);
  tell_of_another_past();
  failures_ = 0;
  complaint_.clear();
  const bool acts = options_.clock() >= acts_from;
  held_ = Held{fence, sent + acts_for(options_.duration), acts_from, std::move(lease), acts};
  expire_in_time();
  see_holder(acts ? options_.identity : "");
  if (acts) observe_(core::LeaseHeld{held_->fence, held_->valid_until});
}

/// The end of validity is told when it is there, whatever a renewal on its way still waits for:
/// before anybody else may take it.
void LeaseKeeper::expire_in_time() {
  expiry_.expires_after(held_->valid_until - options_.clock());
  expiry_.async_wait([weak = weak_from_this()](const boost::system::error_code& stopped) {
    const auto self = weak.lock();
    if (stopped || !self || !self->held_) return;
    if (self->options_.clock() < self->held_->valid_until) return self->expire_in_time();
    self->lose("it could not be renewed in time" +
               (self->complaint_.empty() ? "" : ": " + self->complaint_));
  });
}

void LeaseKeeper::lose(std::string why) {
  if (!held_) return;
  const bool acted = held_->acts;
  held_.reset();
  expiry_.cancel();
  holder_seen_.clear();
  log::warn("lease event=lost reason=\"{}\"", why);
  if (acted) observe_(core::LeaseLost{std::move(why)});
}

void LeaseKeeper::see_holder(const std::string& holder) {
  if (std::exchange(holder_seen_, holder) != holder) observe_(core::LeaseSeen{holder});
}

void LeaseKeeper::complain(const Error& error) {
  ++failures_;
  if (complaint_ == error.message) return;
  complaint_ = error.message;
  log::warn("lease event=not_reached reason=\"{}\"", error.message);
}

std::string LeaseKeeper::path() const {
  return fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases/{}", options_.ns,
                     options_.name);
}

}  // namespace ecokube::kubernetes
