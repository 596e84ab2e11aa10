#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "coordinator/kubernetes/kubeconfig.h"

namespace ecokube::test {

/// An API server that the contract is tried on. What one can't do, its tests skip.
class TestServer {
 public:
  virtual ~TestServer() = default;

  /// With every right.
  [[nodiscard]] virtual kubernetes::Access access() const = 0;
  /// Makes it forget its history: a watch from an older revision gets 410. False: it can't.
  virtual bool forget_history() { return false; }
  /// Ends all watches cleanly. False: it can't.
  virtual bool end_watches() { return false; }
  /// Another server with another, shorter past on a port of its own; nullopt: it can't.
  virtual std::optional<std::uint16_t> start_from_older_backup() { return std::nullopt; }
};

struct ServerKind {
  std::string name;
  std::function<std::unique_ptr<TestServer>(boost::asio::io_context&)> make;
};

/// The lab's double, in this process.
[[nodiscard]] ServerKind double_server();
/// The same, but a watch that is too old is told so by an ERROR event, not by HTTP 410. Real
/// servers do both.
[[nodiscard]] ServerKind double_with_gone_as_event();

}  // namespace ecokube::test
