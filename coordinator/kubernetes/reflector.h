#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "common/error.h"
#include "coordinator/kubernetes/api_client.h"
#include "coordinator/kubernetes/watch_events.h"

namespace ecokube::kubernetes {

struct ReflectorOptions {
  std::string path;      ///< "/api/v1/pods"
  std::string selector;  ///< further query, "fieldSelector=..." percent-encoded; may be empty
  std::int64_t page = 500;
  std::chrono::seconds watch_time{300};  ///< after which the server ends a watch; it is resumed
  std::chrono::milliseconds backoff_base{200};
  std::chrono::milliseconds backoff_cap{15000};
};

/// Lists a resource in pages, then watches it for ever: a watch that ends is resumed from its last
/// revision without a gap; when that is not possible (410, or resuming failed at once) everything
/// is listed anew. Callbacks come on the executor's thread and may call stop() and list_anew().
class Reflector : public std::enable_shared_from_this<Reflector> {
 public:
  struct Callbacks {
    std::function<void()> list_begun;
    std::function<void(const boost::json::object&)> item;
    std::function<void(core::Revision)> listed;
    std::function<void(ChangeType, const boost::json::object&)> changed;
    std::function<void(core::Revision)> bookmark;
    /// Everything is listed anew (gone), or a list failed and is tried again (any other code).
    std::function<void(const Error&)> interrupted;
  };

  Reflector(std::shared_ptr<ApiClient> client, boost::asio::any_io_executor executor,
            ReflectorOptions options, Callbacks callbacks);
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;
  ~Reflector() = default;

  void start();
  /// Drops what runs and starts with a list.
  void list_anew();
  /// No callback comes after it.
  void stop();

 private:
  using Run = std::uint64_t;
  struct Watched {
    Result<void> ended;
    bool lived = false;  ///< it brought something, or lasted
  };

  static boost::asio::awaitable<void> run(std::shared_ptr<Reflector> self, Run run);
  boost::asio::awaitable<Result<core::Revision>> list(Run run);
  boost::asio::awaitable<Result<core::Revision>> list_page(Run run, std::string* next);
  boost::asio::awaitable<Error> watch(Run run, core::Revision from);
  boost::asio::awaitable<Watched> watch_once(Run run, core::Revision* from);
  boost::asio::awaitable<void> back_off(unsigned attempt);
  [[nodiscard]] bool current(Run run) const { return run == run_; }

  std::shared_ptr<ApiClient> client_;
  boost::asio::any_io_executor executor_;
  ReflectorOptions options_;
  Callbacks callbacks_;
  Run run_ = 0;
  std::shared_ptr<boost::asio::cancellation_signal> cancel_;
  std::mt19937_64 random_;
};

}  // namespace ecokube::kubernetes
