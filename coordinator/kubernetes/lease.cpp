#include "coordinator/kubernetes/lease.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <exception>
#include <utility>

#include "common/backoff.h"
#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;
using boost::json::object;

constexpr std::int64_t kMsPerS = 1000;

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

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
      random_(std::random_device{}()) {}

void LeaseKeeper::start() {
  running_ = true;
  ended_.expires_at(asio::steady_timer::time_point::max());
  asio::co_spawn(wake_.get_executor(), run(shared_from_this()),
                 [self = shared_from_this()](const std::exception_ptr& error) {
                   self->running_ = false;
                   self->ended_.cancel();
                   if (!error) return;
                   try {
                     std::rethrow_exception(error);
                   } catch (const std::exception& e) {
                     log::error("lease event=keeper_ended reason=\"{}\"", e.what());
                     self->lose("the keeper of the Lease failed");
                   }
                 });
}

asio::awaitable<void> LeaseKeeper::stop() {
  stopping_ = true;
  wake_.cancel();
  while (running_) co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
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
    co_await self->wake_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_await self->give_back();
}

/// A third of the duration when all is well, so that two renewals may fail; soon after a failure.
/// Who waits for another's to lapse looks oftener, and when it has: what it sees late it takes
/// late.
Duration LeaseKeeper::pause() {
  const auto third = options_.duration / 3;
  if (failures_ == 0 && foreign_) {
    constexpr int kLooks = 10;
    const auto left = foreign_->may_be_taken_at - options_.clock() + Duration(1);
    return std::clamp(left, Duration(1), std::max(Duration(1), options_.duration / kLooks));
  }
  if (failures_ == 0) return third;
  constexpr Duration kBase{100};
  return std::max(Duration(1), next_delay(failures_, random_(), kBase, third));
}

asio::awaitable<void> LeaseKeeper::try_to_take() {
  const auto found = co_await client_->get(path());
  object lease;
  if (found) {
    lease = found->get_object();
    if (!may_take(lease)) co_return;
  } else if (found.error().code != Errc::not_found) {
    complain(found.error());
    if (foreign_ && options_.clock() > foreign_->may_be_taken_at) see_holder("");
    co_return;
  }
  const auto known = number_of(annotation_of(lease, names::kFence));
  const auto fence = std::max({known, floor_, own_highest_}) + 1;
  const auto sent = options_.clock();
  auto wish = fill(std::move(lease), fence, true);
  const auto written = co_await write(std::move(wish));
  if (written) {
    log::info("lease event=taken fence={} identity={}", fence, options_.identity);
    hold(written->get_object(), fence, sent);
  } else if (written.error().code != Errc::conflict) {
    complain(written.error());
  }
}

asio::awaitable<void> LeaseKeeper::renew() {
  const bool raise = floor_ > held_->fence;
  const auto fence = raise ? floor_ + 1 : held_->fence;
  const auto sent = options_.clock();
  auto wish = fill(held_->lease, fence, raise);
  const auto written = co_await write(std::move(wish));
  if (written) {
    // Even if it expired here meanwhile: nobody took it, or this write would have been refused.
    hold(written->get_object(), fence, sent);
    co_return;
  }
  if (written.error().code == Errc::not_found) {
    lose("the Lease object was deleted");
  } else if (written.error().code == Errc::conflict) {
    co_await read_again();
  }
  complain(written.error());
}

/// Somebody else wrote it: a person, a backup tool, or another holder.
asio::awaitable<void> LeaseKeeper::read_again() {
  const auto found = co_await client_->get(path());
  if (!found || !held_) co_return;
  const auto holder = find_text(found->get_object(), {"spec", "holderIdentity"});
  if (holder == options_.identity) {
    held_->lease = found->get_object();
  } else {
    lose(fmt::format("the Lease was taken by '{}'", holder));
  }
}

asio::awaitable<void> LeaseKeeper::give_back() {
  if (!held_) co_return;
  auto wish = held_->lease;
  auto& spec = child(wish, "spec");
  spec["holderIdentity"] = "";
  spec["leaseDurationSeconds"] = 1;
  spec["renewTime"] = micro_time(options_.clock());
  lose("given back at stop");
  const auto written = co_await write(std::move(wish));
  if (!written) log::warn("lease event=not_given_back reason=\"{}\"", written.error().message);
}

asio::awaitable<Result<boost::json::value>> LeaseKeeper::write(object lease) {
  if (revision_of(lease) > 0) {
    boost::json::value body(std::move(lease));
    co_return co_await client_->replace(path(), std::move(body));
  }
  boost::json::value body(std::move(lease));
  auto made = co_await client_->create(
      fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", options_.ns),
      std::move(body));
  co_return made;
}

bool LeaseKeeper::may_take(const object& lease) {
  const auto holder = find_text(lease, {"spec", "holderIdentity"});
  if (holder.empty() || holder == options_.identity) return true;
  const auto revision = revision_of(lease);
  const auto now = options_.clock();
  failures_ = 0;
  if (!foreign_ || foreign_->holder != holder || foreign_->revision != revision) {
    if (!foreign_ || foreign_->holder != holder) {
      log::info("lease event=waiting holder={}", holder);
    }
    const auto seconds = find_int(lease, {"spec", "leaseDurationSeconds"}, 1);
    foreign_ = Foreign{std::string(holder), revision, now + std::chrono::seconds(seconds)};
    see_holder(foreign_->holder);
    return false;
  }
  return now > foreign_->may_be_taken_at;
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

void LeaseKeeper::hold(object lease, std::int64_t fence, TimePoint sent) {
  own_highest_ = std::max(own_highest_, fence);
  held_ = Held{fence, sent + options_.duration, std::move(lease)};
  foreign_.reset();
  failures_ = 0;
  complaint_.clear();
  expire_in_time();
  see_holder(options_.identity);
  observe_(core::LeaseHeld{held_->fence, held_->valid_until});
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
  held_.reset();
  expiry_.cancel();
  holder_seen_.clear();
  log::warn("lease event=lost reason=\"{}\"", why);
  observe_(core::LeaseLost{std::move(why)});
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
