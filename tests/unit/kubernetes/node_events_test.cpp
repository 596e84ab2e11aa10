#include "coordinator/kubernetes/node_events.h"

#include <gtest/gtest.h>

#include "coordinator/node_event_text.h"

namespace ecokube {
namespace {

using kubernetes::EventSeries;
using kubernetes::NodeEvent;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kNow = from_ms(1'795'000'000'000);
const NodeEvent kWaking{"worker1", false, "Waking", "pods wait for room"};

TEST(EventSeries, TheFirstIsAWholeEvent) {
  EventSeries series("lab");
  const auto write = series.next(kWaking, kNow);
  EXPECT_TRUE(write.create);
  const auto& body = write.body;
  EXPECT_EQ(body.at("metadata").at("name").as_string(), write.name);
  EXPECT_EQ(body.at("involvedObject").at("name"), "worker1");
  EXPECT_EQ(body.at("type"), "Normal");
  EXPECT_EQ(body.at("reason"), "Waking");
  EXPECT_EQ(body.at("message"), "pods wait for room");
  EXPECT_EQ(body.at("count"), 1);
  EXPECT_EQ(body.at("reportingInstance"), "lab");
  EXPECT_EQ(body.at("firstTimestamp"), body.at("lastTimestamp"));
}

TEST(EventSeries, WhatRepeatsOnlyCountsUp) {
  EventSeries series("lab");
  const auto first = series.next(kWaking, kNow);
  const auto again = series.next(kWaking, kNow + seconds(5));
  EXPECT_FALSE(again.create);
  EXPECT_EQ(again.name, first.name);
  EXPECT_EQ(again.body.at("count"), 2);
  EXPECT_EQ(series.next(kWaking, kNow + minutes(9)).body.at("count"), 3);
  EXPECT_TRUE(series.next(kWaking, kNow + minutes(20)).create) << "long after it is a new one";
}

TEST(EventSeries, EachDifferenceIsAnEventOfItsOwn) {
  EventSeries series("lab");
  const auto first = series.next(kWaking, kNow);
  for (const auto& other : {NodeEvent{"worker2", false, kWaking.reason, kWaking.message},
                            NodeEvent{"worker1", true, kWaking.reason, kWaking.message},
                            NodeEvent{"worker1", false, "Ready", kWaking.message},
                            NodeEvent{"worker1", false, kWaking.reason, "lag"}}) {
    const auto write = series.next(other, kNow);
    EXPECT_TRUE(write.create);
    EXPECT_NE(write.name, first.name);
  }
}

TEST(EventSeries, ADeletedEventIsMadeAnew) {
  EventSeries series("lab");
  const auto first = series.next(kWaking, kNow);
  series.forget(first.name);
  const auto again = series.next(kWaking, kNow);
  EXPECT_TRUE(again.create);
  EXPECT_NE(again.name, first.name);
}

TEST(EventSeries, ManyNodesDoNotMakeItGrowWithoutEnd) {
  EventSeries series("lab");
  const auto first = series.next(kWaking, kNow);
  for (int i = 0; i < 5000; ++i) {
    (void)series.next({"node" + std::to_string(i), false, "Waking", ""}, kNow);
  }
  EXPECT_TRUE(series.next(kWaking, kNow).create) << "the oldest was forgotten";
}

TEST(EventSeries, ALongMessageIsCutToWhatTheServerTakes) {
  EventSeries series("lab");
  const auto write = series.next({"worker1", true, "StepFailed", std::string(5000, 'x')}, kNow);
  EXPECT_EQ(write.body.at("message").as_string().size(), 1024U);
}

FleetEvent event(std::string kind, std::string subject, std::string verb = "") {
  FleetEvent event;
  event.kind = std::move(kind);
  event.subject = std::move(subject);
  event.verb = std::move(verb);
  event.text = "why";
  return event;
}

TEST(NodeEventOf, TellsStatesStepsAndRefusals) {
  auto state = event("state", "worker1");
  state.reason.code = "PoweredDown";
  EXPECT_EQ(node_event_of(state), (NodeEvent{"worker1", false, "PoweredDown", "why"}));
  state.reason.code = "Quarantined";
  EXPECT_TRUE(node_event_of(state)->warning);
  EXPECT_EQ(node_event_of(event("step", "worker1", "wake")),
            (NodeEvent{"worker1", false, "Waking", "why"}));
  auto ended = event("step_ended", "worker1", "shutdown");
  ended.outcome = "refused";
  EXPECT_EQ(node_event_of(ended), (NodeEvent{"worker1", true, "StepFailed", "why"}));
  auto blocked = event("blocked", "worker1", "mark");
  blocked.rule = "S2";
  EXPECT_EQ(node_event_of(blocked), (NodeEvent{"worker1", true, "Blocked", "S2: why"}));
}

TEST(NodeEventOf, KeepsQuietAboutTheRest) {
  auto done = event("step_ended", "worker1", "mark");
  done.outcome = "done";
  for (const auto& quiet : {done, event("step", "worker1", "list_pods"), event("agent", "worker1"),
                            event("step", "scaler/video", "scale"), event("demand", "scaler/video"),
                            event("lease", "cluster")}) {
    EXPECT_EQ(node_event_of(quiet), std::nullopt) << quiet.kind << quiet.verb;
  }
}

}  // namespace
}  // namespace ecokube
