#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "coordinator/kubernetes/kubeconfig.h"
#include "lab/certificates.h"

namespace ecokube::test {

/// An API server that the contract is tried on. What one can't do, its tests skip.
class TestServer {
 public:
  virtual ~TestServer() = default;

  /// With every right.
  [[nodiscard]] virtual kubernetes::Access access() const = 0;
  /// Who signs certificates of its clients.
  [[nodiscard]] virtual lab::CertificateFiles client_ca() const = 0;
  /// Makes it forget its history: a watch from an older revision gets 410. False: it can't.
  virtual bool forget_history() { return false; }
  /// Whether controllers beside it write to a new Node.
  [[nodiscard]] virtual bool has_controllers() const { return false; }
  /// Starts what keeps the status of budgets, where it does not run anyway.
  virtual void start_controllers() {}
  /// Another server with another, shorter past on a port of its own; nullopt: it can't.
  virtual std::optional<std::uint16_t> start_from_older_backup() { return std::nullopt; }
};

struct ServerKind {
  std::string name;
  std::function<std::unique_ptr<TestServer>(boost::asio::io_context&)> make;
};
inline void PrintTo(const ServerKind& kind, std::ostream* out) { *out << kind.name; }

/// What this program tries the contract on: double_server.cpp or real_server.cpp is linked into it.
[[nodiscard]] std::vector<ServerKind> servers();
/// The same, one for each way to say that a watch is too old: HTTP 410, or an ERROR event.
[[nodiscard]] std::vector<ServerKind> servers_by_way_of_gone();

}  // namespace ecokube::test
