#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "common/names.h"
#include "common/policy_clock.h"
#include "coordinator/core/observation.h"
#include "coordinator/kubernetes/api_client.h"
#include "coordinator/kubernetes/lease_claim.h"
#include "coordinator/kubernetes/watch_events.h"

namespace ecokube::kubernetes {

struct LeaseOptions {
  std::string ns = std::string(names::kLeaseNamespace);
  std::string name = std::string(names::kLeaseName);
  std::string identity;  ///< new for each start of a process
  Duration duration{15000};
  std::function<TimePoint()> clock;
  /// The Lease was found older than it was: the cluster was restored from before that.
  std::function<void()> went_backwards = [] {};
};

/// Keeps the one Lease whose holder may take capacity away (S5). The fence is an annotation on it,
/// raised in the same compare-and-swap that takes it, and above every one that was ever seen.
class LeaseKeeper : public std::enable_shared_from_this<LeaseKeeper> {
 public:
  using Observe = std::function<void(core::Fact)>;
  LeaseKeeper(std::shared_ptr<ApiClient> client, boost::asio::any_io_executor executor,
              LeaseOptions options, Observe observe);
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;
  ~LeaseKeeper() = default;

  void start();
  /// Gives the Lease back if we hold it; ends in bounded time.
  [[nodiscard]] boost::asio::awaitable<void> stop();

  /// The fence we hold or take must be above what agents or the store have seen of others. A held
  /// Lease is taken again at once with a higher one.
  void raise_floor(std::int64_t floor);

  /// A watch saw the Lease change: it need not be looked at later.
  void watched(ChangeType type, const boost::json::object& lease);

  /// The freeze last seen on the Lease (S27): when somebody deletes the Lease, ours has it again.
  void carry_freeze(std::string text) { freeze_ = std::move(text); }

 private:
  struct Held {
    std::int64_t fence = 0;
    TimePoint valid_until;
    TimePoint acts_from;        ///< until then it is ours, and we do not act on it
    boost::json::object lease;  ///< as the server last gave it
    bool acts = false;          ///< it was told that we do
  };
  static boost::asio::awaitable<void> run(std::shared_ptr<LeaseKeeper> self);
  boost::asio::awaitable<void> try_to_take();
  boost::asio::awaitable<void> renew();
  boost::asio::awaitable<void> read_again();
  boost::asio::awaitable<void> give_back();
  boost::asio::awaitable<Result<boost::json::value>> write(boost::json::object lease);
  [[nodiscard]] std::optional<Duration> may_take(const boost::json::object* lease);
  void tell_of_another_past();
  [[nodiscard]] boost::json::object fill(boost::json::object lease, std::int64_t fence, bool taken);
  void hold(boost::json::object lease, std::int64_t fence, TimePoint sent, TimePoint acts_from);
  void expire_in_time();
  void lose(std::string why);
  void see_holder(const std::string& holder);
  void complain(const Error& error);
  [[nodiscard]] Duration pause();
  [[nodiscard]] std::string path() const;

  std::shared_ptr<ApiClient> client_;
  LeaseOptions options_;
  Observe observe_;
  boost::asio::steady_timer wake_;
  boost::asio::steady_timer expiry_;
  boost::asio::steady_timer ended_;
  std::optional<Held> held_;
  LeaseClaim claim_;
  std::string freeze_;
  std::string holder_seen_;
  std::int64_t floor_ = 0;
  std::int64_t own_highest_ = 0;
  std::string complaint_;
  unsigned failures_ = 0;
  bool running_ = false;
  bool stopping_ = false;
  std::mt19937_64 random_;
};

/// "2026-11-22T10:20:30.123000Z", the API's MicroTime.
[[nodiscard]] std::string micro_time(TimePoint at);
/// metav1.Time
[[nodiscard]] std::string second_time(TimePoint at);

}  // namespace ecokube::kubernetes
