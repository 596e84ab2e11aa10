#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <filesystem>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// A client of a Unix socket on which lines go to and fro. After an error it is of no more use.
class LineSocket {
 public:
  LineSocket(const boost::asio::any_io_executor& executor, std::chrono::milliseconds limit);

  /// All of these together end within the limit that it was made with.
  /// Tries until somebody listens there.
  [[nodiscard]] boost::asio::awaitable<Result<void>> connect(std::filesystem::path path);
  [[nodiscard]] boost::asio::awaitable<Result<void>> send(std::string line);
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> receive();

 private:
  boost::asio::local::stream_protocol::socket socket_;
  std::chrono::steady_clock::time_point until_;
  std::string path_, read_;
};

}  // namespace ecokube::lab
