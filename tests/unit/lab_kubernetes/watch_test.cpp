#include <gmock/gmock.h>

#include "tests/unit/lab_kubernetes/api_fixture.h"

namespace ecokube::lab {
namespace {

using ::testing::HasSubstr;

std::string revision_of(const WatchEvent& event) {
  return Answer{0, event.object}.text("metadata.resourceVersion");
}

class Watches : public ApiFixture {
 protected:
  std::string revision() { return get(kPods).text("metadata.resourceVersion"); }
  std::shared_ptr<Watching> watch_from(const std::string& revision, const std::string& more = {}) {
    return watch(kPods + "?watch=true&resourceVersion=" + revision + more);
  }
};

TEST_F(Watches, ResumeAfterTheRevisionGivenWithoutGapOrRepetition) {
  start();
  make_pod("before");
  const auto from = revision();
  make_pod("a");
  const auto watching = watch_from(from);
  events(watching, 1);
  merge(kPods + "/a", R"({"metadata":{"labels":{"x":"y"}}})");
  make_node("other-kind");
  send("DELETE", kPods + "/a");
  const auto seen = events(watching, 3);
  EXPECT_EQ(seen[0].type, "ADDED");
  EXPECT_EQ(seen[0].name(), "a");
  EXPECT_EQ(seen[1].type, "MODIFIED");
  EXPECT_EQ(seen[2].type, "DELETED");
  EXPECT_EQ(revision_of(seen[2]), revision());
}

TEST_F(Watches, WithoutARevisionBeginWithWhatIsThere) {
  start();
  make_pod("a");
  const auto watching = watch(kPods + "?watch=1");
  events(watching, 1);
  make_pod("b");
  EXPECT_EQ(events(watching, 2)[1].name(), "b");
}

TEST_F(Watches, SelectorsTurnChangesIntoComingAndGoing) {
  start();
  const auto watching =
      watch_from(revision(), "&fieldSelector=spec.nodeName%3Dw1&labelSelector=keep");
  make_pod("p", R"({"keep":"1"})");
  make_pod("never");
  bind("never", "w1");
  bind("p", "w1");
  merge(kPods + "/p", R"({"metadata":{"labels":{"more":"1"}}})");
  merge(kPods + "/p", R"({"metadata":{"labels":{"keep":null}}})");
  const auto seen = events(watching, 3);
  EXPECT_EQ(seen[0].type, "ADDED");
  EXPECT_EQ(seen[1].type, "MODIFIED");
  EXPECT_EQ(seen[2].type, "DELETED");
  EXPECT_EQ(revision_of(seen[2]), revision());
}

TEST_F(Watches, BookmarksMoveTheRevisionOnWhileNothingOfTheKindHappens) {
  start({.bookmark_interval = std::chrono::milliseconds(10)});
  const auto watching = watch_from(revision(), "&allowWatchBookmarks=true");
  make_node("elsewhere");
  const auto now = revision();
  const auto last = event_at(watching, now);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->type, "BOOKMARK");
  EXPECT_EQ(Answer({0, last->object}).text("kind"), "Pod");
}

TEST_F(Watches, InitialEventsEndWithAMarkedBookmark) {
  start();
  make_pod("a");
  const auto watching =
      watch(kPods +
            "?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch="
            "NotOlderThan&resourceVersion=");
  const auto seen = events(watching, 2);
  EXPECT_EQ(seen[1].type, "BOOKMARK");
  EXPECT_EQ(Answer({0, seen[1].object})
                .body.at("metadata")
                .at("annotations")
                .at("k8s.io/initial-events-end"),
            "true");
}

TEST_F(Watches, ForgottenRevisionIsGone) {
  start({.events_max = 2});
  const auto from = revision();
  for (const char* name : {"a", "b", "c"}) make_pod(name);
  const auto watching = watch_from(from);
  EXPECT_EQ(end_of(watching), 410);
  EXPECT_TRUE(events(watching, 0).empty());
}

TEST_F(Watches, ForgottenRevisionMayBeToldInTheStream) {
  start({.gone_as_event = true});
  const auto from = revision();
  make_pod("a");
  compact();
  const auto watching = watch_from(from);
  EXPECT_EQ(end_of(watching), 200);
  const auto seen = events(watching, 1);
  EXPECT_EQ(seen[0].type, "ERROR");
  EXPECT_EQ(seen[0].object.at("code").to_number<int>(), 410);
  EXPECT_EQ(Answer({0, seen[0].object}).text("reason"), "Expired");
}

TEST_F(Watches, CompactionDoesNotDisturbAWatchThatIsUpToDate) {
  start();
  const auto watching = watch_from(revision());
  make_pod("a");
  events(watching, 1);
  compact();
  make_pod("b");
  EXPECT_EQ(events(watching, 2)[1].name(), "b");
}

TEST_F(Watches, EndWhenTheServerSaysSoOrTheTimeIsUp) {
  start();
  const auto watching = watch_from(revision());
  make_pod("a");
  events(watching, 1);
  end_watches();
  EXPECT_EQ(end_of(watching), 200);
  EXPECT_EQ(end_of(watch_from(revision(), "&timeoutSeconds=0")), 200);
}

TEST_F(Watches, BadQueriesAreRefused) {
  start();
  EXPECT_EQ(end_of(watch_from("abc")), 400);
  EXPECT_EQ(end_of(watch_from(revision(), "&fieldSelector=a.b=c")), 400);
  EXPECT_EQ(end_of(watch_from(revision(), "&timeoutSeconds=x")), 400);
}

}  // namespace
}  // namespace ecokube::lab
