#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "cli/command.h"
#include "common/error.h"

namespace ecokube::cli {

/// The coordinator's API, one call after the other. An answer above 299 is an error with the
/// problem's detail in it.
class ApiClient {
 public:
  virtual ~ApiClient() = default;
  [[nodiscard]] virtual Result<boost::json::object> get(const std::string& path) = 0;
  [[nodiscard]] virtual Result<boost::json::object> post(const std::string& path,
                                                         const boost::json::object& body) = 0;
  [[nodiscard]] virtual Result<boost::json::object> remove(const std::string& path) = 0;
  /// The event stream from event `after` on, until `on_event` says false or the stream ends.
  using OnEvent = std::function<bool(const boost::json::object&)>;
  [[nodiscard]] virtual Result<void> follow(std::uint64_t after, OnEvent on_event) = 0;
  virtual void pause(std::chrono::milliseconds time) = 0;
};

/// Fails with what to do when there is no socket or no right to use it.
[[nodiscard]] Result<std::unique_ptr<ApiClient>> make_api_client(const Command& command);

}  // namespace ecokube::cli
