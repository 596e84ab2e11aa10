#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace ecokube::test {

/// An API server on 127.0.0.1 and its controllers.
class Cluster {
 public:
  virtual ~Cluster() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// With every right.
  [[nodiscard]] virtual std::filesystem::path kubeconfig() const = 0;
};

/// double_cluster.cpp or real_cluster.cpp is linked into the program. `io` must run.
[[nodiscard]] std::unique_ptr<Cluster> make_cluster(boost::asio::io_context& io);

}  // namespace ecokube::test
