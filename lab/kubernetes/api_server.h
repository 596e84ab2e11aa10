#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "common/error.h"
#include "common/json_lines.h"

namespace ecokube::lab {

struct ApiServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 picks one
  std::filesystem::path certificate;
  std::filesystem::path key;                  ///< 0600
  std::filesystem::path client_ca = {};       ///< whose certificates name users; empty: tokens only
  std::map<std::string, std::string> tokens;  ///< bearer token → user; user "admin" may use /lab
  JsonLines truth_log = {};
  std::size_t events_max = 10'000;  ///< changes kept for watches to resume from
  std::chrono::milliseconds bookmark_interval{2000};
  bool gone_as_event = false;  ///< a watch from a forgotten revision: ERROR event, not HTTP 410
};

/// The Kubernetes double: the API of a Kubernetes server over one JSON store, for any kind. Rules
/// of the kinds themselves (scheduling, controllers) are left to its clients, as in the original.
///
/// Not in it: discovery of groups, OpenAPI, RBAC, admission, JSON patch and server-side apply, dry
/// run, deletion of whole collections, and garbage collection by owner.
class ApiServer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ApiServer>> start(
      boost::asio::any_io_executor executor, ApiServerOptions options);
  virtual ~ApiServer() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::uint64_t revision() const = 0;
  /// Forgets all changes: a watch from an older revision is answered with 410 Gone.
  virtual void compact() = 0;
  /// Ends all running watches cleanly, as a server that restarts does.
  virtual void end_watches() = 0;
  virtual void stop() = 0;
};

/// Lines "token user"; '#' begins a comment. Errc::config names file and line.
[[nodiscard]] Result<std::map<std::string, std::string>> read_tokens(
    const std::filesystem::path& file);

}  // namespace ecokube::lab
