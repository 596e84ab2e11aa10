#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/boot_clock.h"
#include "coordinator/kubernetes/cluster_api.h"
#include "tests/contract/kubernetes/flaky_proxy.h"
#include "tests/contract/kubernetes/test_server.h"
#include "tests/support/run.h"

namespace ecokube::test {

/// Our client through a flaky network, an administrator beside it, and one API server for both.
/// Objects have names of their own in each test, so that a server may be shared.
class ContractTest : public testing::TestWithParam<ServerKind> {
 protected:
  using Json = boost::json::value;

  /// A client that is started and collects what it sees in `facts`.
  struct Client {
    std::unique_ptr<kubernetes::KubernetesCluster> cluster;
    std::vector<core::Fact> facts;
  };

  ContractTest();
  ~ContractTest() override;

  [[nodiscard]] kubernetes::KubernetesOptions options() const;
  std::shared_ptr<Client> start(kubernetes::KubernetesOptions options);
  std::shared_ptr<Client> start() { return start(options()); }
  void stop(Client& client) { run(io_, client.cluster->stop()); }

  /// What the administrator does must succeed; returns the object.
  Json create(const std::string& collection, const std::string& body);
  Json get(const std::string& path);
  Json patch(const std::string& path, const std::string& patch);
  void remove(const std::string& path);

  Json create_node(const std::string& name, const std::string& spec = "{}");
  Json create_pod(const std::string& name, const std::string& node);
  /// Without replicas.
  Json create_deployment(const std::string& name);
  /// A name that no other test uses.
  std::string fresh(const std::string& stem);

  bool wait(const std::function<bool()>& done) { return run_until(io_, done); }

  template <class T>
  static std::size_t count(const Client& client) {
    std::size_t n = 0;
    for (const auto& fact : client.facts) n += std::holds_alternative<T>(fact) ? 1 : 0;
    return n;
  }
  template <class T>
  static const T* last(const Client& client) {
    const T* found = nullptr;
    for (const auto& fact : client.facts) {
      if (const auto* one = std::get_if<T>(&fact)) found = one;
    }
    return found;
  }
  template <class T>
  static bool told(const Client& client, const std::function<bool(const T&)>& is_it) {
    return std::any_of(client.facts.begin(), client.facts.end(), [&](const core::Fact& fact) {
      const auto* one = std::get_if<T>(&fact);
      return one != nullptr && is_it(*one);
    });
  }
  /// The names of nodes in the order in which they were first told, lists included.
  static std::vector<std::string> nodes_seen(const Client& client);
  static const core::KubeNode* last_node(const Client& client, const std::string& name);
  bool wait_synced(Client& client) {
    return wait([&] { return count<core::ClusterListed>(client) > 0; });
  }

  boost::asio::io_context io_{1};
  RealClock clock_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<FlakyProxy> proxy_;
  std::shared_ptr<kubernetes::ApiClient> admin_;

 private:
  std::vector<std::shared_ptr<Client>> clients_;
  std::vector<std::string> created_;
  int names_ = 0;
};

[[nodiscard]] core::Step step_for(const std::string& node, core::Action action,
                                  std::int64_t transition = 1);
[[nodiscard]] core::Revision revision_of(const boost::json::value& thing);

}  // namespace ecokube::test
