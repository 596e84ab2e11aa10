#include "coordinator/kafka/kafka_lag.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "common/backoff.h"
#include "common/log.h"
#include "coordinator/kafka/lag_probe.h"

namespace ecokube {
namespace {

constexpr std::chrono::milliseconds kRetryMax{2000};

/// Posted handlers outlive the source; `open` is read and written on the loop's thread only.
struct Outlet {
  Observe observe;
  bool open = true;
};

class KafkaLag : public DemandSource {
 public:
  KafkaLag(boost::asio::any_io_executor executor, core::Scaler scaler)
      : executor_(std::move(executor)), scaler_(std::move(scaler)) {}
  ~KafkaLag() override { KafkaLag::stop(); }
  KafkaLag(const KafkaLag&) = delete;
  KafkaLag& operator=(const KafkaLag&) = delete;

  void start(Observe observe) override {
    if (thread_.joinable()) return;
    outlet_ = std::make_shared<Outlet>(Outlet{.observe = std::move(observe), .open = true});
    stop_ = false;
    thread_ = std::thread([this] { work(); });
  }

  void stop() override {
    if (!thread_.joinable()) return;
    outlet_->open = false;
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    wake_up_.notify_all();
    thread_.join();
  }

 private:
  // The worker thread. Nothing leaves it but posts.
  void work() noexcept {
    try {
      auto probe = LagProbe::open(scaler_.bootstrap_servers, scaler_.topic, scaler_.consumer_group);
      if (!probe) {  // a setting librdkafka does not take: waiting would not help
        lost(probe.error().message);
        return;
      }
      while (!stop_) {
        auto seen = probe->read(stop_);
        if (stop_) return;
        if (seen) {
          found(*seen);
        } else {
          lost(seen.error().message);
        }
        pause(seen.has_value());
      }
    } catch (const std::exception& error) {
      log::error("lag worker ended scaler={} error=\"{}\"", scaler_.name, error.what());
    }
  }

  void found(const GroupLag& seen) {
    if (lost_why_ || !last_) {
      log::info("lag seen scaler={} topic={} lag={} partitions={}", scaler_.name, scaler_.topic,
                seen.lag, seen.partitions);
    } else if (last_->partitions != seen.partitions) {
      log::info("partitions changed scaler={} topic={} before={} now={}", scaler_.name,
                scaler_.topic, last_->partitions, seen.partitions);
    }
    failures_ = 0;
    lost_why_.reset();
    last_ = seen;
    post(core::LagSeen{.scaler = scaler_.name, .lag = seen.lag, .partitions = seen.partitions});
  }

  void lost(const std::string& why) {
    ++failures_;
    if (lost_why_ == why) return;
    lost_why_ = why;
    log::warn("lag lost scaler={} why=\"{}\"", scaler_.name, why);
    post(core::LagLost{.scaler = scaler_.name, .why = why});
  }

  void post(core::Fact fact) {
    boost::asio::post(executor_, [outlet = outlet_, fact = std::move(fact)]() mutable {
      if (outlet->open) outlet->observe(std::move(fact));
    });
  }

  void pause(bool succeeded) {
    std::chrono::milliseconds delay = scaler_.polling_interval;
    if (!succeeded) delay = next_delay(failures_, random_(), delay, std::max(kRetryMax, delay));
    std::unique_lock lock(mutex_);
    wake_up_.wait_for(lock, delay, [this] { return stop_.load(); });
  }

  boost::asio::any_io_executor executor_;
  const core::Scaler scaler_;
  std::shared_ptr<Outlet> outlet_;
  std::mutex mutex_;
  std::condition_variable wake_up_;
  std::atomic<bool> stop_ = false;

  // Of the worker thread alone.
  std::optional<std::string> lost_why_;
  std::optional<GroupLag> last_;
  unsigned failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};

  std::thread thread_;
};

}  // namespace

std::unique_ptr<DemandSource> make_kafka_lag(boost::asio::any_io_executor executor,
                                             core::Scaler scaler) {
  return std::make_unique<KafkaLag>(std::move(executor), std::move(scaler));
}

}  // namespace ecokube
