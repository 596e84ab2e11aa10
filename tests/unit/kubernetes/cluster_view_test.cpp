#include "coordinator/kubernetes/cluster_view.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

namespace ecokube::kubernetes {
namespace {

boost::json::object thing(std::string_view name, core::Revision revision) {
  return boost::json::parse(fmt::format(
                                R"({{"metadata": {{"name": "{0}", "namespace": "d", "uid": "{0}",
                                    "resourceVersion": "{1}"}}}})",
                                name, revision))
      .as_object();
}

std::vector<Resource> all_resources() {
  std::vector<Resource> all;
  for (std::size_t i = 0; i < kResources; ++i) all.push_back(static_cast<Resource>(i));
  return all;
}

struct Watched {
  std::vector<core::Fact> facts;
  std::vector<std::optional<Resource>> listings;
  ClusterView view{{[this](core::Fact fact) { facts.push_back(std::move(fact)); },
                    [this](std::optional<Resource> except) { listings.push_back(except); }}};

  void list_all(core::Revision revision) {
    for (const auto resource : all_resources()) {
      view.list_begun(resource);
      if (resource != Resource::lease) view.item(resource, thing("x", revision));
      view.listed(resource, revision);
    }
  }
  template <class T>
  const T* last() const {
    return facts.empty() ? nullptr : std::get_if<T>(&facts.back());
  }
};

// Nothing may be said of pods while nodes are not known: one list of everything comes first.
TEST(ClusterView, OneListWhenAllWereListed) {
  Watched watched;
  auto& view = watched.view;
  view.list_begun(Resource::pods);
  view.item(Resource::pods, thing("p1", 3));
  view.item(Resource::pods, thing("p2", 4));
  view.listed(Resource::pods, 10);
  view.changed(Resource::pods, ChangeType::deleted, thing("p1", 11));
  view.changed(Resource::pods, ChangeType::added, thing("p3", 12));
  view.bookmark(Resource::pods, 13);
  for (const auto resource : all_resources()) {
    EXPECT_TRUE(watched.facts.empty());
    if (resource != Resource::pods) view.listed(resource, 14);
  }
  ASSERT_EQ(watched.facts.size(), 1U);
  const auto* listed = watched.last<core::ClusterListed>();
  ASSERT_NE(listed, nullptr);
  EXPECT_EQ(listed->revision, 14);
  ASSERT_EQ(listed->pods.size(), 2U);
  EXPECT_EQ(listed->pods[0].name, "p2");
  EXPECT_EQ(listed->pods[1].name, "p3");
}

TEST(ClusterView, ThenSingleChangesAndBookmarks) {
  Watched watched;
  watched.list_all(5);
  watched.view.changed(Resource::nodes, ChangeType::modified, thing("n", 6));
  ASSERT_NE(watched.last<core::NodeSeen>(), nullptr);
  watched.view.changed(Resource::pods, ChangeType::deleted, thing("p", 9));
  ASSERT_NE(watched.last<core::PodDeleted>(), nullptr);
  EXPECT_EQ(watched.last<core::PodDeleted>()->uid, "p");
  watched.view.bookmark(Resource::nodes, 8);
  ASSERT_NE(watched.last<core::ClusterAlive>(), nullptr);
  EXPECT_EQ(watched.last<core::ClusterAlive>()->revision, 9) << "never seems to go back";
}

TEST(ClusterView, GoneListsTheOthersTooWithoutCallingItLost) {
  Watched watched;
  watched.list_all(5);
  const auto before = watched.facts.size();
  watched.view.interrupted(Resource::pods, Error{Errc::gone, "410"});
  ASSERT_EQ(watched.listings.size(), 1U);
  EXPECT_EQ(watched.listings[0], Resource::pods);
  EXPECT_EQ(watched.facts.size(), before);
  watched.view.interrupted(Resource::nodes, Error{Errc::gone, "410"});
  EXPECT_EQ(watched.listings.size(), 1U) << "already listing everything";
  watched.list_all(9);
  ASSERT_NE(watched.last<core::ClusterListed>(), nullptr);
}

TEST(ClusterView, LostIsSaidOnceAndEndedByAList) {
  Watched watched;
  watched.list_all(5);
  watched.view.interrupted(Resource::pods, Error{Errc::unreachable, "refused"});
  ASSERT_NE(watched.last<core::ClusterLost>(), nullptr);
  const auto said = watched.facts.size();
  watched.view.interrupted(Resource::pods, Error{Errc::unreachable, "refused"});
  EXPECT_EQ(watched.facts.size(), said);
  watched.list_all(7);
  ASSERT_NE(watched.last<core::ClusterListed>(), nullptr);
  watched.view.interrupted(Resource::pods, Error{Errc::unreachable, "refused"});
  EXPECT_NE(watched.last<core::ClusterLost>(), nullptr) << "lost again";
}

TEST(ClusterView, AFallingRevisionListsEverythingAnew) {
  Watched watched;
  watched.list_all(50);
  watched.view.probed(50, 50);
  ASSERT_NE(watched.last<core::ClusterAlive>(), nullptr);
  watched.view.probed(20, 50);
  ASSERT_NE(watched.last<core::ClusterLost>(), nullptr);
  ASSERT_EQ(watched.listings.size(), 1U);
  EXPECT_EQ(watched.listings[0], std::nullopt);
  watched.list_all(21);
  ASSERT_NE(watched.last<core::ClusterListed>(), nullptr);
  EXPECT_EQ(watched.last<core::ClusterListed>()->revision, 21);
  watched.view.probed(22, 21);
  EXPECT_NE(watched.last<core::ClusterAlive>(), nullptr);
}

// An answer to the whole of a kind is needed before anything may be decided: what a user may not
// list is not known to be absent.
TEST(ClusterView, ARightThatIsMissingIsALoss) {
  for (const auto forbidden : all_resources()) {
    Watched watched;
    for (const auto resource : all_resources()) {
      watched.view.list_begun(resource);
      if (resource != forbidden) watched.view.listed(resource, 5);
    }
    watched.view.interrupted(forbidden, Error{Errc::forbidden, "cannot list"});
    ASSERT_NE(watched.last<core::ClusterLost>(), nullptr);
    EXPECT_EQ(watched.facts.size(), 1U);
    EXPECT_FALSE(watched.view.synced());
  }
}

TEST(ClusterView, WhatOnlyBoundsIsToldByItsKey) {
  Watched watched;
  watched.list_all(5);
  watched.view.changed(Resource::budgets, ChangeType::modified, thing("b", 6));
  ASSERT_NE(watched.last<core::Seen<core::KubeBudget>>(), nullptr);
  watched.view.changed(Resource::budgets, ChangeType::deleted, thing("b", 7));
  const auto* gone = watched.last<core::Gone<core::KubeBudget>>();
  ASSERT_NE(gone, nullptr);
  EXPECT_EQ(gone->key, "d/b");
  EXPECT_EQ(gone->revision, 7);
}

// Most volumes bind no node: none of them is kept, and one that no longer does is gone.
TEST(ClusterView, AVolumeThatBindsNoNodeIsGone) {
  Watched watched;
  watched.list_all(5);
  watched.view.changed(Resource::local_volumes, ChangeType::modified, thing("v", 6));
  const auto* gone = watched.last<core::Gone<core::KubeLocalVolume>>();
  ASSERT_NE(gone, nullptr);
  EXPECT_EQ(gone->key, "v");
}

boost::json::object lease(core::Revision revision, std::string_view freeze) {
  auto made = thing("ecokube-coordinator", revision);
  made["metadata"].as_object()["annotations"] = {{"ecokube.io/freeze", freeze}};
  return made;
}

TEST(ClusterView, AFreezeIsToldAtOnceAndAtEachChange) {
  Watched watched;
  watched.view.list_begun(Resource::lease);
  watched.view.item(Resource::lease, lease(3, "a"));
  ASSERT_NE(watched.last<core::FreezeSeen>(), nullptr);
  EXPECT_EQ(watched.last<core::FreezeSeen>()->text, "a");
  watched.view.changed(Resource::lease, ChangeType::modified, lease(4, "a"));
  watched.view.changed(Resource::lease, ChangeType::deleted, lease(5, "a"));
  EXPECT_EQ(watched.facts.size(), 1U) << "a renewal and a deletion say nothing of it";
  watched.view.changed(Resource::lease, ChangeType::added, lease(6, ""));
  ASSERT_EQ(watched.facts.size(), 2U);
  EXPECT_EQ(watched.last<core::FreezeSeen>()->text, "");
}

// A write of ours between two of the lists is no fall either.
TEST(ClusterView, AWriteDuringTheListsIsNoFall) {
  Watched watched;
  watched.list_all(5);
  watched.view.interrupted(Resource::pods, Error{Errc::gone, "410"});
  for (const auto resource : all_resources()) {
    watched.view.list_begun(resource);
  }
  watched.view.wrote(8);
  for (const auto resource : all_resources()) {
    watched.view.listed(resource, 7);
  }
  ASSERT_NE(watched.last<core::ClusterListed>(), nullptr);
  EXPECT_EQ(watched.last<core::ClusterListed>()->revision, 8);
}

// A watch may move on while the probe is on its way: that is no fall.
TEST(ClusterView, AProbeOvertakenByAWatchIsFine) {
  Watched watched;
  watched.list_all(5);
  watched.view.changed(Resource::nodes, ChangeType::modified, thing("n", 9));
  watched.view.probed(7, 5);
  ASSERT_NE(watched.last<core::ClusterAlive>(), nullptr);
  EXPECT_EQ(watched.last<core::ClusterAlive>()->revision, 9);
}

TEST(ClusterView, SilenceIsLost) {
  Watched watched;
  watched.list_all(5);
  watched.view.silent(Error{Errc::timeout, "no answer"});
  EXPECT_NE(watched.last<core::ClusterLost>(), nullptr);
  EXPECT_EQ(watched.listings.size(), 1U);
}

}  // namespace
}  // namespace ecokube::kubernetes
