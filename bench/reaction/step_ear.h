#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string_view>

#include "bench/reaction/observer.h"
#include "common/http_client.h"

namespace ecokube::bench {

/// Follows the coordinator's own event stream: when it told that it begins a mark, before it sends
/// anything for it.
class StepEar {
 public:
  StepEar(const boost::asio::any_io_executor& executor, HttpEndpoint coordinator);

  /// Runs until the coordinator ends the stream.
  [[nodiscard]] boost::asio::awaitable<void> run();

  FirstSeen marks_begun;  ///< by the node's name

 private:
  void take(std::string_view data);

  std::unique_ptr<HttpClient> http_;
};

}  // namespace ecokube::bench
