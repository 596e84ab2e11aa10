// Events about nodes, as kubectl describe would find them.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "coordinator/kubernetes/event_recorder.h"
#include "coordinator/kubernetes/json_access.h"
#include "tests/contract/kubernetes/contract_test.h"

namespace ecokube::test {
namespace {

class Telling : public ContractTest {
 protected:
  Telling() : node_(fresh("node")) {
    auto access = server_->access();
    access.host = "127.0.0.1";
    access.port = proxy_->port();
    auto made = kubernetes::make_event_recorder(io_.get_executor(), std::move(access), "test",
                                                [this] { return clock_.now(); });
    if (!made) throw std::runtime_error(made.error().message);
    recorder_ = *std::move(made);
  }
  ~Telling() override {
    for (const auto& event : events()) {
      remove(kEvents + "/" + std::string(kubernetes::find_text(event, {"metadata", "name"})));
    }
  }

  /// What is written about the node now.
  std::vector<boost::json::object> events() {
    std::vector<boost::json::object> found;
    const auto list = get(kEvents);
    for (const auto& item : list.at("items").as_array()) {
      if (item.at("involvedObject").at("name").as_string() == node_)
        found.push_back(item.as_object());
    }
    return found;
  }
  bool wait_for_counts(const std::vector<std::int64_t>& counts) {
    return wait([&] {
      std::vector<std::int64_t> now;
      for (const auto& event : events()) now.push_back(event.at("count").to_number<std::int64_t>());
      std::sort(now.begin(), now.end());
      return now == counts;
    });
  }

  const std::string kEvents = "/api/v1/namespaces/default/events";
  std::string node_;
  std::unique_ptr<kubernetes::EventRecorder> recorder_;
};

TEST_P(Telling, AnEventIsWrittenAndCountedUp) {
  recorder_->tell({kubernetes::about_node(node_), false, "Waking", "pods wait for room"});
  recorder_->tell({kubernetes::about_node(node_), false, "Waking", "pods wait for room"});
  recorder_->tell({kubernetes::about_node(node_), true, "Quarantined", "it did not come"});
  recorder_->tell({kubernetes::about_node(node_), false, "Waking", "pods wait for room"});
  ASSERT_TRUE(wait_for_counts({1, 3}));
  for (const auto& event : events()) {
    const bool waking = event.at("reason") == "Waking";
    EXPECT_EQ(event.at("type"), waking ? "Normal" : "Warning");
    EXPECT_EQ(event.at("message"), waking ? "pods wait for room" : "it did not come");
    EXPECT_EQ(event.at("involvedObject").at("kind"), "Node");
  }
}

TEST_P(Telling, ADeletedEventIsWrittenAnew) {
  recorder_->tell({kubernetes::about_node(node_), false, "Waking", "pods wait for room"});
  ASSERT_TRUE(wait_for_counts({1}));
  remove(kEvents + "/" + std::string(kubernetes::find_text(events()[0], {"metadata", "name"})));
  recorder_->tell({kubernetes::about_node(node_), false, "Waking", "pods wait for room"});
  EXPECT_TRUE(wait_for_counts({1}));
}

TEST_P(Telling, WithoutAServerNothingWaitsAndTheNextIsWritten) {
  proxy_->refuse();
  for (int i = 0; i < 1000; ++i)
    recorder_->tell({kubernetes::about_node(node_), false, "Waking", std::to_string(i)});
  proxy_->accept_again();
  recorder_->tell({kubernetes::about_node(node_), false, "Ready", "back"});
  EXPECT_TRUE(wait([&] { return !events().empty(); }));
}

// A fleet that is woken at once: 200 nodes, each with more than one thing to tell. They wait for
// their turn, and what none would read again is counted.
TEST_P(Telling, ABurstLosesNothing) {
  constexpr int kNodes = 200;
  proxy_->hold();
  for (int times = 0; times < 2; ++times) {
    for (int i = 0; i < kNodes; ++i) {
      const auto node = kubernetes::about_node(fmt::format("{}-{}", node_, i));
      recorder_->tell({node, false, "Waking", "pods wait for room"});
      recorder_->tell({node, false, "PoweringUp", "PoweredDown -> PoweringUp"});
    }
  }
  EXPECT_EQ(recorder_->dropped(), 0U);
  constexpr int kMore = 4096;
  for (int i = 0; i < kMore; ++i) {
    recorder_->tell({kubernetes::about_node(node_), false, "Waking", std::to_string(i)});
  }
  EXPECT_GT(recorder_->dropped(), 0U) << "that is too much, and counted";
  EXPECT_LE(recorder_->dropped(), 2U * kNodes);
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Telling, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
