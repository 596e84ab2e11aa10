// What the coordinator sees of a cluster: everything once, then every change, whatever the network
// and the server do meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "coordinator/kubernetes/cluster_view.h"
#include "tests/contract/kubernetes/contract_test.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

class Watching : public ContractTest {
 protected:
  /// A node made now is told to the client.
  void expect_sees_a_new_node(Client& client) {
    const auto name = fresh("later");
    create_node(name);
    EXPECT_TRUE(wait([&] { return last_node(client, name) != nullptr; })) << name;
  }

  /// A budget, an attachment, a volume and an autoscaler; of the one Lease, another text.
  void create_one_of_each_other_kind(const std::string& name) {
    const auto make = [&](const std::string& version, const std::string& resource,
                          const std::string& kind, const std::string& spec) {
      create((version == "v1" ? "/api/" : "/apis/") + version + "/" + resource,
             fmt::format(R"({{"apiVersion": "{}", "kind": "{}", "metadata": {{"name": "{}"}},
                              "spec": {}}})",
                         version, kind, name, spec));
    };
    make("policy/v1", "namespaces/default/poddisruptionbudgets", "PodDisruptionBudget",
         R"({"minAvailable": 1, "selector": {"matchLabels": {"app": "none"}}})");
    make("storage.k8s.io/v1", "volumeattachments", "VolumeAttachment",
         R"({"attacher": "a", "nodeName": "n", "source": {"persistentVolumeName": "v"}})");
    make("v1", "persistentvolumes", "PersistentVolume",
         R"({"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
             "nfs": {"server": "s", "path": "/p"}})");
    make("autoscaling/v2", "namespaces/default/horizontalpodautoscalers", "HorizontalPodAutoscaler",
         R"({"maxReplicas": 3, "scaleTargetRef": {
             "apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}})");
    make("v1", "namespaces/default/services", "Service",
         R"({"selector": {"app": "x"}, "ports": [{"port": 80}]})");
    const std::string leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
    (void)run(io_, admin_->remove(leases + "/ecokube-coordinator", nullptr));
    create(leases, fmt::format(R"({{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
             "metadata": {{"name": "ecokube-coordinator",
                           "annotations": {{"ecokube.io/freeze": "{}"}}}}}})",
                               name));
  }
  template <class Kube>
  static bool told_of(const Client& client, const std::string& name) {
    return told<core::Seen<Kube>>(
        client, [&](const auto& seen) { return seen.object.key().ends_with(name); });
  }
  /// The watch of each of these kinds has told of the one with this name; a volume that binds no
  /// node as gone. That it told of others is no sign: controllers write to what was there before.
  static bool others_told(const Client& client, const std::string& name) {
    return told_of<core::KubeBudget>(client, name) && told_of<core::KubeAttachment>(client, name) &&
           told_of<core::KubeAutoscaler>(client, name) &&
           told_of<core::KubeService>(client, name) &&
           told<core::Gone<core::KubeLocalVolume>>(
               client, [&](const auto& gone) { return gone.key.ends_with(name); }) &&
           told<core::FreezeSeen>(client, [&](const auto& seen) { return seen.text == name; });
  }
};

TEST_P(Watching, ListsEverythingThenTellsChanges) {
  const auto node = fresh("node");
  create_node(node, R"({"taints": [{"key": "a", "effect": "NoExecute"}]})");
  const auto pod = create_pod(fresh("pod"), node);
  auto client = start();
  ASSERT_TRUE(wait_synced(*client));
  EXPECT_TRUE(std::holds_alternative<core::ClusterListed>(client->facts.front()))
      << "nothing is told before the list";
  const auto listed = *last<core::ClusterListed>(*client);
  const auto has = [](const auto& things, const std::string& name) {
    return std::any_of(things.begin(), things.end(), [&](const auto& t) { return t.name == name; });
  };
  EXPECT_TRUE(has(listed.nodes, node));
  const auto uid = std::string(pod.at("metadata").at("uid").as_string());
  const auto bound = std::find_if(listed.pods.begin(), listed.pods.end(),
                                  [&](const auto& p) { return p.uid == uid; });
  ASSERT_NE(bound, listed.pods.end());
  EXPECT_EQ(bound->node, node);
  EXPECT_EQ(bound->requests.cpu_millicores, 200);

  patch("/api/v1/nodes/" + node, R"({"spec": {"unschedulable": true}})");
  EXPECT_TRUE(wait([&] { return last_node(*client, node)->unschedulable; }));
  remove("/api/v1/namespaces/default/pods/" +
         std::string(pod.at("metadata").at("name").as_string()));
  EXPECT_TRUE(wait([&] {
    const auto* deleted = last<core::PodDeleted>(*client);
    return deleted != nullptr && deleted->uid == uid;
  }));
  EXPECT_EQ(count<core::ClusterListed>(*client), 1U);
  EXPECT_EQ(count<core::ClusterLost>(*client), 0U);
}

TEST_P(Watching, ABrokenConnectionIsResumedWithoutAGap) {
  auto watches_only = options();
  watches_only.probe_interval =
      std::chrono::hours(1);  // a probe that is cut twice gives the view up
  constexpr std::size_t kRounds = 5;
  std::vector<std::string> workloads;
  while (workloads.size() < kRounds) {
    workloads.push_back(fresh("workers"));
    watches_only.scaled.push_back({"apps/v1", "Deployment", "default", workloads.back()});
  }
  auto client = start(watches_only);
  ASSERT_TRUE(wait_synced(*client));
  ASSERT_TRUE(wait([&] { return count<core::WorkloadsListed>(*client) > 0; }));
  std::vector<std::string> made;
  for (std::size_t round = 0; round < kRounds; ++round) {
    proxy_->hold();
    proxy_->cut();
    made.push_back(fresh("gap"));
    create_node(made.back());
    const auto uid = create_pod(fresh("pod"), made.back()).at("metadata").at("uid").as_string();
    const auto& workers = workloads.at(round);
    create_deployment(workers);
    create_one_of_each_other_kind(workers);
    proxy_->release();
    // Each watch has brought something, so that the next cut is a first failure again.
    ASSERT_TRUE(wait([&] {
      return last_node(*client, made.back()) != nullptr &&
             told<core::PodSeen>(*client, [&](const auto& seen) { return seen.pod.uid == uid; }) &&
             told<core::WorkloadSeen>(
                 *client, [&](const auto& seen) { return seen.workload.name == workers; }) &&
             others_told(*client, workers);
    })) << round;
  }
  EXPECT_EQ(count<core::ClusterListed>(*client), 1U) << "resumed, not listed anew";
  EXPECT_EQ(count<core::WorkloadsListed>(*client), 1U);
  EXPECT_EQ(count<core::WorkloadsLost>(*client), 0U);
  EXPECT_EQ(count<core::ClusterLost>(*client), 0U);
  auto seen = nodes_seen(*client);
  std::erase_if(seen, [&](const auto& name) {
    return std::find(made.begin(), made.end(), name) == made.end();
  });
  EXPECT_EQ(seen, made) << "each once or more, in the order of their making";
}

TEST_P(Watching, AnEndedWatchIsResumedWithoutAnotherList) {
  auto with_short_watches = options();
  with_short_watches.probe_interval = std::chrono::hours(1);
  with_short_watches.limits.watch_silence = std::chrono::hours(1);
  with_short_watches.watching.watch_time = std::chrono::seconds(2);
  auto client = start(with_short_watches);
  ASSERT_TRUE(wait_synced(*client));
  const auto asked = client->cluster->requests();
  ASSERT_TRUE(wait([&] {
    return client->cluster->requests() >= asked + 2 * kubernetes::kResources;
  })) << "twice each";
  expect_sees_a_new_node(*client);
  EXPECT_EQ(count<core::ClusterListed>(*client), 1U);
  EXPECT_EQ(count<core::ClusterLost>(*client), 0U);
}

TEST_P(Watching, AMuteWatchIsTornDown) {
  auto with_short_patience = options();
  with_short_patience.probe_interval = std::chrono::hours(1);  // only the watch's own limit helps
  with_short_patience.limits.watch_silence = std::chrono::milliseconds(200);
  auto client = start(with_short_patience);
  ASSERT_TRUE(wait_synced(*client));
  expect_sees_a_new_node(*client);
  proxy_->mute();
  expect_sees_a_new_node(*client);
}

TEST_P(Watching, GoneListsEverythingAnew) {
  auto patient = options();  // a real server takes its time to forget
  patient.limits.connect_timeout = patient.limits.response_timeout = std::chrono::minutes(1);
  auto client = start(patient);
  ASSERT_TRUE(wait_synced(*client));
  const auto lost_in_the_gap = fresh("deleted");
  create_node(lost_in_the_gap);
  ASSERT_TRUE(wait([&] { return last_node(*client, lost_in_the_gap) != nullptr; }));
  proxy_->hold();
  proxy_->cut();
  remove("/api/v1/nodes/" + lost_in_the_gap);
  if (!server_->forget_history()) GTEST_SKIP() << "this server can't forget on request";
  proxy_->release();
  ASSERT_TRUE(wait([&] { return count<core::ClusterListed>(*client) >= 2; }));
  EXPECT_EQ(count<core::ClusterLost>(*client), 0U) << "an old view is not a lost cluster";
  for (const auto& node : last<core::ClusterListed>(*client)->nodes) {
    EXPECT_NE(node.name, lost_in_the_gap);
  }
  expect_sees_a_new_node(*client);
}

// How far a bookmark's revision goes is the server's choice: a real one's stays at the last change
// of the watched kind, so only a probe confirms the view.
TEST_P(Watching, ABookmarkIsASignOfLife) {
  auto quiet = options();
  quiet.probe_interval = std::chrono::hours(1);
  quiet.limits.watch_silence = std::chrono::hours(1);
  quiet.watching.watch_time = std::chrono::seconds(5);  // a real server's comes shortly before that
  auto client = start(quiet);
  ASSERT_TRUE(wait_synced(*client));
  expect_sees_a_new_node(*client);
  ASSERT_TRUE(wait([&] { return count<core::ClusterAlive>(*client) > 0; }));
  EXPECT_GE(last<core::ClusterAlive>(*client)->revision,
            last<core::ClusterListed>(*client)->revision);
  EXPECT_EQ(count<core::ClusterListed>(*client), 1U);
}

TEST_P(Watching, AProbeConfirmsTheView) {
  auto client = start();
  ASSERT_TRUE(wait_synced(*client));
  const auto made = create_node(fresh("node"));
  EXPECT_TRUE(wait([&] {
    const auto* alive = last<core::ClusterAlive>(*client);
    return alive != nullptr && alive->revision >= revision_of(made);
  }));
}

TEST_P(Watching, AnUnreachableServerIsLostAndFoundAgain) {
  auto client = start();
  ASSERT_TRUE(wait_synced(*client));
  proxy_->refuse();
  ASSERT_TRUE(wait([&] { return count<core::ClusterLost>(*client) > 0; }));
  EXPECT_FALSE(last<core::ClusterLost>(*client)->why.empty());
  const auto listed = count<core::ClusterListed>(*client);
  proxy_->accept_again();
  ASSERT_TRUE(wait([&] { return count<core::ClusterListed>(*client) > listed; }));
  expect_sees_a_new_node(*client);
}

TEST_P(Watching, AServerThatIsNotThereYetIsWaitedFor) {
  proxy_->refuse();
  auto client = start();
  ASSERT_TRUE(wait([&] { return count<core::ClusterLost>(*client) > 0; }));
  EXPECT_EQ(count<core::ClusterListed>(*client), 0U);
  proxy_->accept_again();
  EXPECT_TRUE(wait_synced(*client));
}

TEST_P(Watching, AMuteServerIsLostByItsProbes) {
  auto impatient = options();
  impatient.limits.watch_silence = std::chrono::hours(1);
  impatient.limits.response_timeout = std::chrono::milliseconds(100);
  auto client = start(impatient);
  ASSERT_TRUE(wait_synced(*client));
  // Each new connection goes mute too, until the view is given up.
  ASSERT_TRUE(wait([&] {
    proxy_->mute();
    return count<core::ClusterLost>(*client) > 0;
  }));
  ASSERT_TRUE(wait([&] { return count<core::ClusterListed>(*client) >= 2; }));
  expect_sees_a_new_node(*client);
}

TEST_P(Watching, ARestoredOlderStateIsListedAnew) {
  const auto future = fresh("future");
  for (int i = 0; i < 20; ++i) create_node(fresh("node"));
  create_node(future);
  auto client = start();
  ASSERT_TRUE(wait_synced(*client));
  ASSERT_NE(last_node(*client, future), nullptr);
  const auto before = last<core::ClusterListed>(*client)->revision;
  const auto port = server_->start_from_older_backup();
  if (!port) GTEST_SKIP() << "this server can't be restored";
  proxy_->redirect(*port);
  proxy_->cut();
  ASSERT_TRUE(wait([&] { return count<core::ClusterListed>(*client) >= 2; }));
  EXPECT_LT(last<core::ClusterListed>(*client)->revision, before);
  EXPECT_TRUE(last<core::ClusterListed>(*client)->nodes.empty());
}

TEST_P(Watching, TheServersNameIsCheckedAndMayBeToldApart) {
  auto by_another_name = options();
  by_another_name.access.tls_server_name = "another-server";
  auto refused = start(by_another_name);
  ASSERT_TRUE(wait([&] { return count<core::ClusterLost>(*refused) > 0; }));
  EXPECT_NE(last<core::ClusterLost>(*refused)->why.find("certificate"), std::string::npos);
  by_another_name.access.tls_server_name = "localhost";  // its certificate is for this name too
  EXPECT_TRUE(wait_synced(*start(by_another_name)));
}

TEST_P(Watching, AWrongTokenIsSaidClearly) {
  auto wrong = options();
  wrong.access.token = "nobody's";
  wrong.access.source = "kubeconfig /x, context 'y'";
  auto client = start(wrong);
  ASSERT_TRUE(wait([&] { return count<core::ClusterLost>(*client) > 0; }));
  const auto why = last<core::ClusterLost>(*client)->why;
  EXPECT_NE(why.find("401"), std::string::npos) << why;
  EXPECT_NE(why.find("kubeconfig /x, context 'y'"), std::string::npos) << why;
  EXPECT_EQ(why.find("nobody's"), std::string::npos) << "a token is never shown: " << why;
}

TEST_P(Watching, ARotatedTokenIsReadAgain) {
  const TempDir dir;
  auto rotated = options();
  rotated.access.token_file = dir.write("token", "old\n");
  auto client = start(rotated);
  ASSERT_TRUE(wait([&] { return count<core::ClusterLost>(*client) > 0; }));
  const auto next = dir.write("next", server_->access().token + "\n");
  std::filesystem::last_write_time(
      next, std::filesystem::last_write_time(dir / "token") + std::chrono::seconds(1));
  std::filesystem::rename(next, dir / "token");
  EXPECT_TRUE(wait_synced(*client));
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Watching, testing::ValuesIn(servers_by_way_of_gone()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
