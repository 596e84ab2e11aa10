#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/http_client.h"
#include "common/pinned_tls.h"
#include "coordinator/power/bmc_access.h"
#include "coordinator/power/redfish_text.h"

namespace ecokube {

/// The way to one Redfish service: its certificate is checked, who asks is told with each request,
/// by a session or without, and a service that wants to be left alone for a moment is.
class RedfishLink {
 public:
  using Answer = Result<HttpResponse>;
  using TimePoint = std::chrono::steady_clock::time_point;

  RedfishLink(boost::asio::any_io_executor executor, RedfishAccess access);

  /// What is asked from now on ends by then; no Retry-After is waited for beyond it.
  void end_at(TimePoint end) { end_ = end; }
  /// An answer below 300; else the error that it is.
  [[nodiscard]] boost::asio::awaitable<Answer> send(HttpRequest request, RedfishCall call);
  /// Of the last answer; 0: there was none.
  [[nodiscard]] int status() const { return status_; }

  /// False: nothing was asked yet, or it failed without an answer, and another one may be there
  /// now.
  [[nodiscard]] bool is_open() const { return client_ != nullptr; }
  /// Closes the connection; the session stays.
  void drop();

  [[nodiscard]] bool has_session() const { return !token_.empty(); }
  /// Deletes the session (DSP0266, 13.3.4.4).
  [[nodiscard]] boost::asio::awaitable<Answer> log_out();

 private:
  using Header = std::pair<std::string, std::string>;
  boost::asio::awaitable<Result<Header>> credentials();
  boost::asio::awaitable<Result<Header>> log_in(std::string password);
  boost::asio::awaitable<Answer> exchange(HttpRequest request, RedfishCall call);
  boost::asio::awaitable<Answer> exchange_once(HttpRequest request, RedfishCall call);
  Result<void> make_client();

  boost::asio::any_io_executor executor_;
  RedfishAccess access_;
  PinnedTls tls_;
  std::shared_ptr<HttpClient> client_;
  std::string token_;    ///< of our session
  std::string session_;  ///< its path; empty: it did not say
  TimePoint end_ = TimePoint::max();
  int status_ = 0;
  std::optional<std::chrono::seconds> again_in_;  ///< as the last answer asked
};

}  // namespace ecokube
