#include "coordinator/kubernetes/object_events.h"

#include <gtest/gtest.h>

#include "coordinator/event_text.h"

namespace ecokube {
namespace {

using kubernetes::about_node;
using kubernetes::about_pod;
using kubernetes::EventSeries;
using kubernetes::ObjectEvent;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kNow = from_ms(1'795'000'000'000);
const ObjectEvent kWaking{about_node("worker1"), false, "Waking", "pods wait for room"};

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
  for (const auto& other :
       {ObjectEvent{about_node("worker2"), false, kWaking.reason, kWaking.message},
        ObjectEvent{about_node("worker1"), true, kWaking.reason, kWaking.message},
        ObjectEvent{about_node("worker1"), false, "Ready", kWaking.message},
        ObjectEvent{about_node("worker1"), false, kWaking.reason, "lag"}}) {
    const auto write = series.next(other, kNow);
    EXPECT_TRUE(write.create);
    EXPECT_NE(write.name, first.name);
  }
}

TEST(EventSeries, APodsEventStandsInItsNamespace) {
  EventSeries series("lab");
  const auto write =
      series.next({about_pod({"uid-1", "shop", "web-0"}), false, "Waking", "why"}, kNow);
  EXPECT_EQ(write.ns, "shop");
  EXPECT_EQ(write.body.at("metadata").at("namespace"), "shop");
  EXPECT_EQ(write.body.at("involvedObject").at("namespace"), "shop");
  EXPECT_EQ(write.body.at("involvedObject").at("uid"), "uid-1");
  EXPECT_EQ(series.next(kWaking, kNow).ns, "default");
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
    (void)series.next({about_node("node" + std::to_string(i)), false, "Waking", ""}, kNow);
  }
  EXPECT_TRUE(series.next(kWaking, kNow).create) << "the oldest was forgotten";
}

TEST(EventSeries, ALongMessageIsCutToWhatTheServerTakes) {
  EventSeries series("lab");
  const auto write =
      series.next({about_node("worker1"), true, "StepFailed", std::string(5000, 'x')}, kNow);
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

std::vector<ObjectEvent> one(bool warning, std::string reason, std::string message = "why") {
  return {{about_node("worker1"), warning, std::move(reason), std::move(message)}};
}

TEST(EventsOf, TellStatesStepsAndRefusals) {
  auto state = event("state", "worker1");
  state.reason.code = "PoweredDown";
  EXPECT_EQ(events_of(state), one(false, "PoweredDown"));
  state.reason.code = "Quarantined";
  EXPECT_EQ(events_of(state), one(true, "Quarantined"));
  EXPECT_EQ(events_of(event("step", "worker1", "wake")), one(false, "Waking"));
  auto ended = event("step_ended", "worker1", "shutdown");
  ended.outcome = "refused";
  EXPECT_EQ(events_of(ended), one(true, "StepFailed"));
  auto blocked = event("blocked", "worker1", "mark");
  blocked.rule = "S2";
  EXPECT_EQ(events_of(blocked), one(true, "Blocked", "S2: why"));
}

TEST(EventsOf, TellAnAlarmAtEachNodeThatItIsAbout) {
  auto alarm = event("alarm", "cluster");
  alarm.reason.code = "BootsFail";
  EXPECT_TRUE(events_of(alarm).empty());
  alarm.nodes = {"worker1"};
  EXPECT_EQ(events_of(alarm), one(true, "BootsFail"));
}

TEST(EventsOf, TellThePodsThatItIsDoneForOrTo) {
  auto wake = event("step", "worker1", "wake");
  wake.pods = {{"uid-1", "shop", "web-0"}};
  const auto told = events_of(wake);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].about, about_pod(wake.pods[0]));
  EXPECT_EQ(told[1].message, "node worker1 is woken for it");
  auto evict = event("step", "worker1", "evict");
  evict.pods = {{"uid-1", "shop", "web-0"}, {"uid-2", "shop", "web-1"}};
  EXPECT_EQ(events_of(evict).size(), 3U);
  EXPECT_EQ(events_of(evict)[2].reason, "Evicting");
}

TEST(EventsOf, KeepQuietAboutTheRest) {
  auto done = event("step_ended", "worker1", "mark");
  done.outcome = "done";
  for (const auto& quiet : {done, event("step", "worker1", "list_pods"), event("agent", "worker1"),
                            event("step", "scaler/video", "scale"), event("demand", "scaler/video"),
                            event("lease", "cluster")}) {
    EXPECT_TRUE(events_of(quiet).empty()) << quiet.kind << quiet.verb;
  }
}

TEST(EventText, OurSchedulerSpeaksAsOthersDo) {
  FleetEvent event;
  event.subject = core::subject_of({"uid-1", "shop", "web-0"});
  event.kind = "step_ended";
  event.verb = "bind";
  event.outcome = "done";
  event.text = "assigned shop/web-0 to worker1";
  const auto about = about_pod({"uid-1", "shop", "web-0"});
  EXPECT_EQ(events_of(event),
            (std::vector<ObjectEvent>{
                {about, false, "Scheduled", "Successfully assigned shop/web-0 to worker1"}}));
  event.outcome = "failed";
  event.text = "bind failed: no answer";
  EXPECT_EQ(
      events_of(event),
      (std::vector<ObjectEvent>{{about, true, "FailedScheduling", "bind failed: no answer"}}));
  event.kind = "step";
  EXPECT_TRUE(events_of(event).empty()) << "not before it is so";
  event.verb = "report_unschedulable";
  event.text = "0/1 nodes are available: 1 Too many pods.";
  EXPECT_EQ(events_of(event),
            (std::vector<ObjectEvent>{{about, true, "FailedScheduling", event.text}}));
}

}  // namespace
}  // namespace ecokube
