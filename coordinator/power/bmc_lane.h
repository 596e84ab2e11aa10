#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "coordinator/power/management_controller.h"
#include "coordinator/power/turns.h"

namespace ecokube {

/// How gently BMCs are treated: they wedge when hurried.
struct BmcManners {
  std::chrono::milliseconds call_limit{8'000};     ///< then the call is ended
  std::chrono::milliseconds order_spacing{5'000};  ///< between two orders to one BMC
  std::chrono::milliseconds backoff_base{10'000};  ///< after failures it is left alone so long,
  std::chrono::milliseconds backoff_max{300'000};  ///< doubling up to this
  std::size_t reads_at_once = 12;                  ///< reads over all BMCs, and as many of watts
  std::size_t orders_at_once = 4;                  ///< beside them, so that orders need not wait
};

/// All calls to one BMC, whatever it is asked by: one at a time, orders spaced, and none while it
/// is left alone after failures (three in a row, or one wrong password: some lock the account). A
/// read needs no space around it: it is what an order is made sure by. What the machine draws is
/// asked while nothing else is, or waits to be.
class BmcLane {
 public:
  /// What all lanes share.
  struct Shared {
    Shared(const boost::asio::any_io_executor& executor, const BmcManners& given,
           std::uint64_t seed)
        : manners(given),
          reads(executor, given.reads_at_once),
          orders(executor, given.orders_at_once),
          watts(executor, given.reads_at_once),
          random(seed) {}
    BmcManners manners;
    Turns reads, orders, watts;
    std::mt19937_64 random;  ///< takes up to half off a backoff
  };
  BmcLane(boost::asio::any_io_executor executor, std::unique_ptr<ManagementController> bmc,
          std::shared_ptr<Shared> shared);

  /// True: the chassis is on.
  [[nodiscard]] boost::asio::awaitable<Result<bool>> read_power();
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> read_guid();
  /// ManagementController::read_watts(), within half of the time of other calls.
  [[nodiscard]] boost::asio::awaitable<Result<MeasuredPower>> read_watts();

  /// Asked just before an order leaves; what it says against it is the answer.
  using MaySend = std::function<Result<void>()>;
  /// Already so is a success and sends nothing. With `guid`, another one there is a conflict.
  [[nodiscard]] boost::asio::awaitable<Result<void>> order(BmcVerb verb,
                                                           std::optional<std::string> guid,
                                                           MaySend may_send);

  /// ManagementController::close(), whatever else is under way.
  [[nodiscard]] boost::asio::awaitable<void> close(std::chrono::milliseconds limit);

  /// Until then every call fails at once with the last failure.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> left_alone_until() const;

 private:
  struct Asking;
  class Counted;
  template <class Value>
  using Read = boost::asio::awaitable<Result<Value>> (ManagementController::*)(
      std::chrono::milliseconds limit);
  template <class Value>
  boost::asio::awaitable<Result<Value>> read(Read<Value> what);
  boost::asio::awaitable<Result<void>> order_now(BmcVerb verb, std::optional<std::string> guid,
                                                 MaySend may_send);
  boost::asio::awaitable<void> wait_until_idle();
  /// Why nothing is asked at the moment.
  [[nodiscard]] std::optional<Error> left_alone() const;
  void note(const std::optional<Error>& failure);

  boost::asio::any_io_executor executor_;
  std::unique_ptr<ManagementController> bmc_;
  std::shared_ptr<Shared> shared_;
  Turns turn_;
  std::chrono::steady_clock::time_point next_order_at_{};
  std::chrono::steady_clock::time_point alone_until_{};
  unsigned failures_ = 0;  ///< in a row
  std::shared_ptr<Asking> asking_;
  Error last_{Errc::unreachable, ""};
};

}  // namespace ecokube
