#include <gmock/gmock.h>

#include <boost/json/array.hpp>

#include "tests/unit/lab_kubernetes/api_fixture.h"

namespace ecokube::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> names_of(const Answer& list) {
  std::vector<std::string> names;
  for (const auto& item : list.body.at("items").as_array()) {
    names.emplace_back(item.at("metadata").at("name").as_string());
  }
  return names;
}

class Lists : public ApiFixture {
 protected:
  void SetUp() override { start(); }
};

TEST_F(Lists, HaveTheShapeOfTheApi) {
  make_pod("b");
  const auto last = make_pod("a");
  const auto list = get("/api/v1/pods");
  EXPECT_EQ(list.text("kind"), "PodList");
  EXPECT_EQ(list.text("apiVersion"), "v1");
  EXPECT_EQ(list.text("metadata.resourceVersion"), last.text("metadata.resourceVersion"));
  EXPECT_THAT(names_of(list), ElementsAre("a", "b"));
  EXPECT_FALSE(list.body.at("items").at(0).as_object().contains("kind"));
  EXPECT_THAT(names_of(get("/api/v1/namespaces/other/pods")), IsEmpty());
  EXPECT_THAT(names_of(get(kPods)), ElementsAre("a", "b"));
}

TEST_F(Lists, FieldSelectorsChoose) {
  make_pod("free");
  make_pod("bound");
  bind("bound", "worker1");
  const auto by = [&](const std::string& selector) {
    return names_of(get("/api/v1/pods?fieldSelector=" + selector));
  };
  EXPECT_THAT(by("spec.nodeName%3Dworker1"), ElementsAre("bound"));
  EXPECT_THAT(by("spec.nodeName="), ElementsAre("free"));
  EXPECT_THAT(by("spec.nodeName!=worker1"), ElementsAre("free"));
  EXPECT_THAT(by("metadata.name==free,status.phase=Pending"), ElementsAre("free"));
  EXPECT_THAT(by("status.phase!=Pending"), IsEmpty());
  EXPECT_EQ(get("/api/v1/pods?fieldSelector=spec.colour=red").status, 400);
  make_node("on");
  make_node("off");
  merge(kNodes + "/off", R"({"spec":{"unschedulable":true}})");
  EXPECT_THAT(names_of(get(kNodes + "?fieldSelector=spec.unschedulable=true")), ElementsAre("off"));
  EXPECT_THAT(names_of(get(kNodes + "?fieldSelector=spec.unschedulable=false")), ElementsAre("on"));
}

TEST_F(Lists, LabelSelectorsChoose) {
  make_pod("a", R"({"app":"web","tier":"front"})");
  make_pod("b", R"({"app":"db"})");
  make_pod("c");
  const auto by = [&](const std::string& selector) {
    return names_of(get(kPods + "?labelSelector=" + selector));
  };
  EXPECT_THAT(by("app=web"), ElementsAre("a"));
  EXPECT_THAT(by("app!=web"), ElementsAre("b", "c"));
  EXPECT_THAT(by("app"), ElementsAre("a", "b"));
  EXPECT_THAT(by("!app"), ElementsAre("c"));
  EXPECT_THAT(by("app%20in%20(web,db),!tier"), ElementsAre("b"));
  EXPECT_THAT(by("app%20notin%20(web)"), ElementsAre("b", "c"));
  EXPECT_EQ(get(kPods + "?labelSelector=a%20b").status, 400);
}

TEST_F(Lists, PagesShowTheListAsItWasAtTheFirst) {
  for (const char* name : {"a", "b", "c"}) make_pod(name);
  const auto first = get(kPods + "?limit=2");
  EXPECT_THAT(names_of(first), ElementsAre("a", "b"));
  EXPECT_EQ(first.body.at("metadata").at("remainingItemCount").to_number<int>(), 1);
  make_pod("d");
  const auto rest = get(kPods + "?limit=2&continue=" + first.text("metadata.continue"));
  EXPECT_THAT(names_of(rest), ElementsAre("c"));
  EXPECT_EQ(rest.text("metadata.resourceVersion"), first.text("metadata.resourceVersion"));
  EXPECT_EQ(rest.text("metadata.continue"), "");
  const auto other = get(kPods + "?limit=2");
  compact();
  EXPECT_EQ(get(kPods + "?continue=" + other.text("metadata.continue")).status, 410);
}

TEST_F(Lists, RevisionsAreHonoured) {
  const auto revision = make_pod("a").text("metadata.resourceVersion");
  const auto at = [&](const std::string& query) { return get(kPods + "?" + query).status; };
  EXPECT_EQ(at("resourceVersion=" + revision + "&resourceVersionMatch=NotOlderThan"), 200);
  EXPECT_EQ(at("resourceVersion=" + revision + "&resourceVersionMatch=Exact"), 200);
  EXPECT_EQ(at("resourceVersion=0&resourceVersionMatch=NotOlderThan"), 200);
  EXPECT_EQ(at("resourceVersion=999999&resourceVersionMatch=NotOlderThan"), 504);
  EXPECT_EQ(at("resourceVersionMatch=NotOlderThan"), 422);
  EXPECT_EQ(at("resourceVersion=abc"), 400);
  make_pod("b");
  EXPECT_EQ(at("resourceVersion=" + revision + "&resourceVersionMatch=Exact"), 410);
}

}  // namespace
}  // namespace ecokube::lab
