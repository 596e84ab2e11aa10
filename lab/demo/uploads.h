#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/http_client.h"

namespace ecokube::lab {

/// People who upload a clip every so often. A refused upload is tried again with backoff.
class Uploads {
 public:
  Uploads(boost::asio::any_io_executor executor, HttpEndpoint service, std::string clip);

  /// One upload each `pace`, all on their way together; ends when each was accepted or given up.
  [[nodiscard]] boost::asio::awaitable<void> run(std::int64_t count,
                                                 std::chrono::milliseconds pace);
  void stop() { stopping_ = true; }

  [[nodiscard]] std::int64_t accepted() const { return accepted_; }
  [[nodiscard]] std::int64_t given_up() const { return given_up_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  [[nodiscard]] boost::asio::awaitable<void> upload(std::int64_t number);

  boost::asio::any_io_executor executor_;
  std::unique_ptr<HttpClient> http_;
  std::string clip_;
  std::int64_t accepted_ = 0, given_up_ = 0;
  std::string last_error_;
  bool stopping_ = false;
};

}  // namespace ecokube::lab
