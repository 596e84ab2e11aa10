#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>

#include "coordinator/api/explain_pod.h"
#include "coordinator/api/json.h"
#include "coordinator/api/times.h"
#include "coordinator/core/quantile.h"
#include "tests/unit/api/documents_fixture.h"

namespace ecokube {
namespace {

class DocumentsTest : public DocumentsFixture {};

TEST_F(DocumentsTest, ANodeHasFiguresWithUnitsAndBothTimes) {
  node("worker1").inventory.nics.front().subnets = {{0x0a000307, 24}};
  const auto one = node_json(fleet_, node("worker1"), want_of(fleet_.plan(), "worker1"));
  EXPECT_EQ(one.at("state"), "Ready");
  EXPECT_EQ(one.at("power"), "on");
  EXPECT_EQ(one.at("power_watts"), 14.25);
  EXPECT_EQ(one.at("power_source"), "rapl");
  EXPECT_EQ(one.at("power_estimated"), false);
  EXPECT_EQ(one.at("energy_joules"), 1200.0);
  EXPECT_EQ(one.at("energy").at("joules"), 1200.0);
  EXPECT_EQ(one.at("energy").at("boot_id"), "boot-a");
  EXPECT_EQ(one.at("energy").at("since_uptime_s"), 20.0);
  EXPECT_EQ(one.at("energy").at("unknown_intervals"), 3);
  EXPECT_EQ(one.at("since"), "2025-11-22T09:05:00.250Z");
  EXPECT_EQ(one.at("since_ms"), to_ms(test::kNow) - 300'000);
  EXPECT_EQ(one.at("for_s"), 300.0);
  EXPECT_EQ(one.at("pool"), "workers");
  EXPECT_EQ(one.at("mode"), "act");
  EXPECT_EQ(one.at("want").at("on"), false);
  EXPECT_EQ(one.at("wake").at("boot_time_p50_s"), 8.2);
  EXPECT_EQ(one.at("wake").at("boot_time_p95_s"), 9.5);
  EXPECT_EQ(one.at("wake").at("nics").at(0).at("mac"), "52:54:00:00:00:01");
  EXPECT_EQ(one.at("wake").at("nics").at(0).at("subnets").at(0), "10.0.3.7/24");
}

TEST_F(DocumentsTest, TheWattsOfABmcTravelWithTheirSourceAndTheEnergyKeepsItsOwn) {
  fleet_.policy_value.nodes["worker1"].bmc = true;
  auto& bmc = node("worker1").bmc;
  bmc.power = Power::watts(212);
  bmc.power_source = "dcmi";
  bmc.power_at = test::kNow - std::chrono::seconds(30);
  node("worker1").agent.power_source = "model";
  const auto one = node_json(fleet_, node("worker1"), nullptr);
  EXPECT_EQ(one.at("power_watts"), 212.0);
  EXPECT_EQ(one.at("power_source"), "dcmi");
  EXPECT_EQ(one.at("power_estimated"), false);
  EXPECT_EQ(one.at("bmc").at("power_read_at"), "2025-11-22T09:09:30.250Z");
  EXPECT_EQ(one.at("energy").at("source"), "model");
  EXPECT_EQ(one.at("energy_joules"), 1200.0);
  EXPECT_EQ(explain("worker1").at("power_source"), "dcmi");
  EXPECT_EQ(fleet_json(fleet_).at("power_watts"), 212.0);
}

TEST_F(DocumentsTest, WhatIsNotKnownIsNullNeverZero) {
  core::Node bare;
  bare.name = "new";
  const auto one = node_json(fleet_, bare, nullptr);
  for (const auto* key :
       {"power_watts", "power_problem", "energy_joules", "energy", "idle_watts", "want", "held",
        "request", "kubernetes", "pool", "last_problem", "quarantined_until"}) {
    EXPECT_TRUE(one.at(key).is_null()) << key;
  }
  EXPECT_TRUE(one.at("wake").at("boot_time_p50_s").is_null());
  EXPECT_EQ(one.at("power"), "unknown");
}

TEST_F(DocumentsTest, ThePodsOfAnEstimateHaveTheirNames) {
  EXPECT_TRUE(pods_energy_json(fleet_.world(), node("worker1")).is_null());
  fleet_.world_value.pods["uid-a"] = test::pod_named("uid-a", "jobs", "render-1");
  node("worker1").agent.pods =
      core::PodsEnergy{"model",
                       Energy::joules(50),
                       Energy::joules(70),
                       {{"uid-a", Energy::joules(30), Energy::joules(40)},
                        {"uid-gone", Energy::joules(5), Energy::joules(6)}}};
  const auto pods = pods_energy_json(fleet_.world(), node("worker1"));
  EXPECT_EQ(pods.at("estimated"), true);
  EXPECT_EQ(pods.at("source"), "model");
  EXPECT_EQ(pods.at("node_idle_joules"), 70.0);
  EXPECT_EQ(pods.at("pods").at(0).at("namespace"), "jobs");
  EXPECT_EQ(pods.at("pods").at(0).at("name"), "render-1");
  EXPECT_EQ(pods.at("pods").at(0).at("active_joules"), 30.0);
  EXPECT_TRUE(pods.at("pods").at(1).at("name").is_null());
  EXPECT_EQ(pods.at("pods").at(1).at("uid"), "uid-gone");
}

TEST_F(DocumentsTest, PowerCarriesWhatTellsIt) {
  EXPECT_EQ(node_json(fleet_, node("worker1"), nullptr).at("power_evidence"), "agent");
  EXPECT_TRUE(node_json(fleet_, node("worker1"), nullptr).at("bmc").is_null());
  auto& quiet = node("worker1");
  quiet.agent.connected = false;
  fleet_.policy_value.nodes["worker1"].bmc = true;
  quiet.bmc.on = false;
  quiet.bmc.equal = core::kEqualReadings;
  quiet.bmc.read_at = test::kNow;
  quiet.bmc.guid = "a123456789abcdefa123456789000001";
  auto one = node_json(fleet_, quiet, nullptr);
  EXPECT_EQ(one.at("power"), "off");
  EXPECT_EQ(one.at("power_evidence"), "bmc");
  EXPECT_EQ(one.at("bmc").at("reads"), "off");
  EXPECT_EQ(one.at("bmc").at("guid"), "a123456789abcdefa123456789000001");
  EXPECT_TRUE(one.at("bmc").at("problem").is_null());
  quiet.bmc.on.reset();
  quiet.bmc.failure = Error{Errc::unreachable, "it does not answer"};
  one = node_json(fleet_, quiet, nullptr);
  EXPECT_EQ(one.at("power"), "unknown");
  EXPECT_EQ(one.at("power_evidence"), "none");
  EXPECT_EQ(one.at("bmc").at("problem"), "it does not answer");
}

TEST_F(DocumentsTest, ABmcIsShownAsTheMachineTellsIt) {
  EXPECT_TRUE(node_json(fleet_, node("worker1"), nullptr).at("machine").at("bmc").is_null());
  node("worker1").inventory.bmc =
      core::BmcFacts{true, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 0, "", "it is slow"};
  const auto bmc = node_json(fleet_, node("worker1"), nullptr).at("machine").at("bmc");
  EXPECT_EQ(bmc.at("address"), "10.0.0.12");
  EXPECT_EQ(bmc.at("address_source"), "dhcp");
  EXPECT_TRUE(bmc.at("vlan").is_null());
  EXPECT_TRUE(bmc.at("guid").is_null());
  EXPECT_EQ(bmc.at("problem"), "it is slow");
  EXPECT_EQ(explain("worker1").at("own_bmc"), bmc);
  EXPECT_TRUE(explain("worker1").at("bmc").is_null()) << "it is not configured";
}

TEST_F(DocumentsTest, TheFleetAddsUp) {
  core::Scaler scaler;
  scaler.name = "video";
  scaler.target = "eco-worker";
  scaler.max_replica_count = 10;
  fleet_.policy_value.scalers.push_back(scaler);
  core::KubeWorkload workload;
  workload.kind = "Deployment";
  workload.ns = "default";
  workload.name = "eco-worker";
  workload.replicas = 4;
  fleet_.world_value.workloads[workload.key()] = workload;
  auto& view = fleet_.world_value.scalers["video"];
  view.lag = 12;
  view.seen_at = test::kNow;
  core::KubePod pod;
  pod.uid = "u1";
  pod.unschedulable = true;
  fleet_.world_value.pods["u1"] = pod;

  const auto fleet = fleet_json(fleet_);
  EXPECT_EQ(fleet.at("nodes").at("total"), 2);
  EXPECT_EQ(fleet.at("nodes").at("by_state").at("Ready"), 1);
  EXPECT_EQ(fleet.at("nodes").at("by_power").at("off"), 1);
  EXPECT_EQ(fleet.at("power_watts"), 14.25) << "a sleeper's last figure does not count";
  EXPECT_EQ(fleet.at("cluster").at("view_age_s"), 2.0);
  EXPECT_EQ(fleet.at("lease").at("held"), true);
  EXPECT_TRUE(fleet.at("leader").is_null());
  EXPECT_EQ(fleet.at("scalers").at(0).at("lag"), 12);
  EXPECT_EQ(fleet.at("scalers").at(0).at("replicas"), 4);
  EXPECT_TRUE(fleet.at("scalers").at(0).at("target_problem").is_null());
  fleet_.world_value.workload_kinds["Deployment.apps"].problem = "no right";
  EXPECT_EQ(fleet_json(fleet_).at("scalers").at(0).at("target_problem"), "no right");
  EXPECT_EQ(fleet.at("pods").at("unschedulable"), 1);
}

/// Goal: each key of a real document is in the API's description, and the reverse.
TEST_F(DocumentsTest, TheDescriptionHasEachKey) {
  const auto schemas = YAML::LoadFile(ECOKUBE_OPENAPI_FILE)["components"]["schemas"];
  const auto expect_keys = [&](const json::object& document, const std::string& schema) {
    std::set<std::string> real;
    for (const auto& [key, value] : document) real.emplace(key);
    std::set<std::string> described;
    for (const auto& property : schemas[schema]["properties"]) {
      described.insert(property.first.as<std::string>());
    }
    EXPECT_EQ(real, described) << schema;
  };
  auto event = test::event(1, "step_ended", "done");
  event.verb = event.outcome = event.rule = "x";
  expect_keys(node_json(fleet_, node("worker1"), nullptr), "Node");
  expect_keys(explain("worker1"), "Explanation");
  node("worker1").inventory.bmc.emplace();
  const auto machine = node_json(fleet_, node("worker1"), nullptr).at("machine").as_object();
  expect_keys(machine, "Machine");
  expect_keys(machine.at("bmc").as_object(), "OwnBmc");
  expect_keys(fleet_json(fleet_), "Fleet");
  const auto doctor = doctor_json(fleet_);
  fleet_.policy_value.scalers.emplace_back();
  expect_keys(fleet_json(fleet_).at("scalers").at(0).as_object(), "Scaler");
  expect_keys(doctor, "Doctor");
  expect_keys(doctor.at("findings").at(0).as_object(), "Finding");
  expect_keys(to_json(event), "Event");
  const auto pod = test::pod_named("u", "team-a", "x");
  expect_keys(pod_explanation_json(fleet_, pod), "PodExplanation");
  const auto bundle = wake_bundle_json(fleet_, {});
  expect_keys(bundle, "WakeBundle");
  expect_keys(bundle.at("nodes").at(0).as_object(), "WakeBundleNode");
}

TEST(Quantile, IsTheNearestRank) {
  EXPECT_EQ(quantile({}, 50), std::nullopt);
  EXPECT_EQ(quantile({Duration(5)}, 95), Duration(5));
  EXPECT_EQ(quantile({Duration(4), Duration(1), Duration(3), Duration(2)}, 50), Duration(2));
  EXPECT_EQ(quantile({Duration(4), Duration(1), Duration(3), Duration(2)}, 100), Duration(4));
}

TEST(Times, AreRfc3339InUtc) {
  EXPECT_EQ(rfc3339(from_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(from_ms(951'826'554'007)), "2000-02-29T12:15:54.007Z");
}

TEST(Times, ReadWellInSentences) {
  using namespace std::chrono_literals;
  EXPECT_EQ(words(2s), "2 s");
  EXPECT_EQ(words(1500ms), "1.5 s");
  EXPECT_EQ(words(10min), "10 min");
  EXPECT_EQ(words(90min), "1 h 30 min");
  EXPECT_EQ(words(51h), "2 d 3 h");
}

}  // namespace
}  // namespace ecokube
