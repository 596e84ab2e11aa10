// Goal: the witness writes of a watched server what the double writes of itself, and of what it
// missed what was left of it.
#include "lab/witness/last_seen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sstream>
#include <vector>

#include "lab/kubernetes/truth_events.h"
#include "tests/support/temp_dir.h"

namespace ecokube::lab {
namespace {

using kubernetes::ChangeType;
using testing::ElementsAre;
using testing::IsEmpty;

/// A truth log and its lines without their times.
struct Log {
  Log() : lines(*JsonLines::open(dir / "log", "test")) {}
  std::vector<std::string> read() const {
    std::vector<std::string> out;
    std::istringstream text(test::read_text(dir / "log"));
    for (std::string line; std::getline(text, line);) {
      auto event = json::parse(line).as_object();
      event.erase("at_ns");
      out.push_back(json::serialize(event));
    }
    return out;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& line : read()) out.emplace_back(json::parse(line).at("event").as_string());
    return out;
  }
  test::TempDir dir;
  JsonLines lines;
};

json::object pod(const std::string& uid, const std::string& revision,
                 const std::string& phase = "Pending", const std::string& node = "") {
  json::object spec;
  if (!node.empty()) spec["nodeName"] = node;
  return {{"metadata",
           {{"namespace", "default"}, {"name", "p"}, {"uid", uid}, {"resourceVersion", revision}}},
          {"spec", std::move(spec)},
          {"status", {{"phase", phase}}}};
}

class WatchedPods : public testing::Test {
 protected:
  Log log_;
  LastSeen seen_{"v1/pods", [this](const StoreEvent& event) { log_truth(log_.lines, event); }};
};

TEST(Witness, WritesWhatTheDoubleWrites) {
  Log told, witnessed;
  Store store(100);
  LastSeen pods("v1/pods", [&](const StoreEvent& event) { log_truth(witnessed.lines, event); });
  LastSeen nodes("v1/nodes", [&](const StoreEvent& event) { log_truth(witnessed.lines, event); });
  LastSeen deployments("apps/v1/deployments",
                       [&](const StoreEvent& event) { log_truth(witnessed.lines, event); });
  store.add_listener([&](const StoreEvent& event) {
    log_truth(told.lines, event);
    auto& seen = event.key.collection == "v1/pods"    ? pods
                 : event.key.collection == "v1/nodes" ? nodes
                                                      : deployments;
    seen.changed(static_cast<ChangeType>(event.type), *event.object);
  });
  const ObjectKey worker{"v1/nodes", "", "worker1"}, p{"v1/pods", "default", "p"},
      web{"apps/v1/deployments", "default", "web"};
  const auto put = [&](const ObjectKey& key, const char* text) {
    store.put(key, json::parse(text).as_object());
  };
  put(worker, R"({"metadata":{"name":"worker1"}})");
  put(worker, R"({"metadata":{"name":"worker1"},
                  "status":{"conditions":[{"type":"Ready","status":"True"}]}})");
  put(web, R"({"kind":"Deployment","metadata":{"namespace":"default","name":"web"},
               "spec":{"replicas":0}})");
  put(web, R"({"kind":"Deployment","metadata":{"namespace":"default","name":"web"},
               "spec":{"replicas":10}})");
  store.put(p, pod("u", ""));
  put(p, R"({"metadata":{"namespace":"default","name":"p","uid":"u"},"status":{"phase":"Pending",
      "conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}})");
  store.put(p, pod("u", "", "Pending", "worker1"));
  store.put(p, pod("u", "", "Running", "worker1"));
  (void)store.erase(p);
  put(worker, R"({"metadata":{"name":"worker1"},
                  "spec":{"taints":[{"key":"ecokube.io/powering-down"}]},
                  "status":{"conditions":[{"type":"Ready","status":"True"}]}})");
  EXPECT_EQ(witnessed.read(), told.read());
  EXPECT_EQ(told.names().size(), 9U) << "the test is to bring about one of each";
}

TEST_F(WatchedPods, AListAnewReportsWhatChangedMeanwhile) {
  seen_.list_begun();
  seen_.item(pod("u", "5"));
  seen_.listed();
  EXPECT_THAT(log_.names(), ElementsAre("pod_created", "pod_phase"));
  seen_.list_begun();
  seen_.item(pod("u", "9", "Running", "worker1"));
  seen_.listed();
  EXPECT_THAT(log_.names(), ElementsAre("pod_created", "pod_phase", "pod_bound", "pod_phase"));
}

TEST_F(WatchedPods, WhatIsNotListedAnyMoreWasDeleted) {
  seen_.changed(ChangeType::added, pod("u", "5"));
  seen_.list_begun();
  seen_.listed();
  EXPECT_EQ(log_.names().back(), "pod_deleted");
}

TEST_F(WatchedPods, AnotherOfTheSameNameIsNotTheOneBefore) {
  seen_.changed(ChangeType::added, pod("u", "5", "Running", "worker1"));
  seen_.list_begun();
  seen_.item(pod("v", "9", "Running", "worker1"));
  seen_.listed();
  EXPECT_THAT(log_.names(), ElementsAre("pod_created", "pod_bound", "pod_phase", "pod_deleted",
                                        "pod_created", "pod_bound", "pod_phase"));
}

TEST_F(WatchedPods, AnUnknownDeletionAndAnUnchangedObjectSayNothing) {
  seen_.changed(ChangeType::deleted, pod("u", "5"));
  EXPECT_THAT(log_.names(), IsEmpty());
  seen_.changed(ChangeType::added, pod("u", "6"));
  const auto before = log_.names().size();
  seen_.list_begun();
  seen_.item(pod("u", "6"));
  seen_.listed();
  EXPECT_EQ(log_.names().size(), before);
}

}  // namespace
}  // namespace ecokube::lab
