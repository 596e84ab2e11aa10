#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace ecokube::lab {

namespace json = boost::json;

struct Answer {
  int status = 0;
  json::object body;

  /// Text at "metadata.name" and its like.
  [[nodiscard]] std::string text(const std::string& path) const;
};

struct WatchEvent {
  std::string type;
  json::object object;
  [[nodiscard]] std::string name() const;
};

struct ServerWish {
  std::size_t events_max = 1000;
  std::chrono::milliseconds bookmark_interval{3'600'000};
  bool gone_as_event = false;
};

/// A double over TLS on loopback, and a client with the admin's token.
class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture();
  ~ApiFixture() override;
  void start(ServerWish wish = {});

  Answer send(const std::string& method, const std::string& target, const std::string& body = {},
              const std::string& content_type = "application/json");
  Answer send_as(const std::string& token, const std::string& method, const std::string& target);
  Answer get(const std::string& target) { return send("GET", target); }
  Answer merge(const std::string& target, const std::string& patch) {
    return send("PATCH", target, patch, "application/merge-patch+json");
  }
  /// Creates a pod (unbound) or node and expects that to work.
  Answer make_pod(const std::string& name, const std::string& labels = "{}");
  Answer make_node(const std::string& name);
  void bind(const std::string& pod, const std::string& node);

  /// Begins a watch and runs it in the background; see events().
  struct Watching;
  std::shared_ptr<Watching> watch(const std::string& target);
  /// Runs until the watch has `count` events (or has ended) and returns them.
  std::vector<WatchEvent> events(const std::shared_ptr<Watching>& watching, std::size_t count);
  /// Runs until an event carries this resourceVersion.
  std::optional<WatchEvent> event_at(const std::shared_ptr<Watching>& watching,
                                     const std::string& revision);
  /// Runs until the watch has ended; its HTTP status, nullopt when it does not end.
  std::optional<int> end_of(const std::shared_ptr<Watching>& watching);

  void compact();
  void end_watches();
  std::string truth();
  /// The names of the events in the truth log, in order.
  std::vector<std::string> truth_events();

  test::TempDir dir_;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

inline const std::string kPods = "/api/v1/namespaces/default/pods";
inline const std::string kNodes = "/api/v1/nodes";
inline const std::string kDeployments = "/apis/apps/v1/namespaces/default/deployments";
inline const std::string kLeases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

}  // namespace ecokube::lab
