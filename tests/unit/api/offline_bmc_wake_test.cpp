// Goal: what only a BMC wakes is woken from the bundle, too, when nobody answers (S24). The BMCs
// are programs here; real ones are in tests/contract/bmc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include "cli/offline_wake.h"
#include "coordinator/api/json.h"
#include "coordinator/power/bmc_access_json.h"
#include "tests/support/packet_ear.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/api/captured.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube::cli {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlug = R"(#!/bin/sh
cd "$PLUGS" || exit 1
echo "$ECOKUBE_NODE $1" >>calls
[ -e "$ECOKUBE_NODE-busy" ] && { rm "$ECOKUBE_NODE-busy"; exit 3; }
[ -e "$ECOKUBE_NODE-wrong" ] && exit 5
[ -e "$ECOKUBE_NODE-dead" ] && { echo "no route to the plug"; exit 4; }
case "$1" in
  status) cat "$ECOKUBE_NODE";;
  on) echo on >"$ECOKUBE_NODE"; env >"$ECOKUBE_NODE-env";;
  *) exit 6;;
esac
)";

class OfflineBmcWake : public testing::Test {
 protected:
  OfflineBmcWake() {
    test::fill(fleet_);
    fleet_.world_value.nodes.emplace("worker3", test::sleeping_node("worker3"));
    for (auto& [name, node] : fleet_.world_value.nodes) {
      node.inventory.wake_address = "127.0.0.1:" + std::to_string(machines_.port);
      give_plug(name);
    }
    std::filesystem::permissions(dir_.write("plug", kPlug), std::filesystem::perms(0700));
    command_.verb = Verb::wake;
    command_.rate_per_min = 60'000;
  }

  void give_plug(const NodeName& name) {
    dir_.write(name, "off\n");
    core::NodeOverride node;
    node.bmc = true;
    node.bmc_by = core::WakeMethod::exec;
    fleet_.policy_value.nodes[name] = node;
    const ExecAccess plug{name, dir_ / "plug", {{"PLUGS", dir_.path().string()}}};
    bmcs_[name] = bmc_access_json(plug);
  }
  /// Packets reach it no more.
  void only_by_bmc(const NodeName& name) {
    fleet_.policy_value.nodes.at(name).methods = {core::WakeMethod::exec};
  }

  test::Outcome wake(json::object bundle) {
    command_.bundle = dir_.write("bundle.json", json::serialize(bundle));
    return wake();
  }
  test::Outcome wake() {
    return test::captured([this] { return wake_offline(command_); });
  }
  json::object bundle() { return wake_bundle_json(fleet_, bmcs_); }
  bool is_on(const NodeName& name) { return test::read_text(dir_ / name) == "on\n"; }
  int packets() {
    int count = 0;
    while (!machines_.hear().empty()) ++count;
    return count;
  }

  test::TempDir dir_;
  test::PacketEar machines_{INADDR_LOOPBACK};
  test::FakeFleet fleet_;
  std::map<NodeName, json::object> bmcs_;
  Command command_;
};

TEST_F(OfflineBmcWake, TheBundleHasWhatWakesANodeAndInWhichOrder) {
  bmcs_.erase("worker1");
  fleet_.policy_value.nodes.erase("worker1");
  const auto made = bundle();
  const auto& nodes = made.at("nodes").as_array();
  EXPECT_TRUE(nodes.at(0).at("bmc").is_null());
  EXPECT_EQ(nodes.at(0).at("methods"), (json::array{"wol"}));
  EXPECT_EQ(nodes.at(1).at("methods"), (json::array{"wol", "exec"}));
  EXPECT_EQ(nodes.at(1).at("bmc"), bmcs_.at("worker2"));
}

TEST_F(OfflineBmcWake, OneThatOnlyItsBmcWakesIsSwitchedOnByIt) {
  only_by_bmc("worker1");
  fleet_.world_value.nodes.at("worker2").inventory.nics.clear();
  const auto done = wake(bundle());
  EXPECT_EQ(done.exit_code, kExitOk) << done.err;
  EXPECT_TRUE(is_on("worker1")) << "its methods name no packet";
  EXPECT_TRUE(is_on("worker2")) << "no MAC of it is known";
  EXPECT_FALSE(is_on("worker3")) << "packets wake it";
  EXPECT_THAT(done.out, AllOf(HasSubstr("worker1: "), HasSubstr("took the order to switch on"),
                              HasSubstr("2 of 2 BMCs"), HasSubstr("1 of them have a BMC, too")));
  EXPECT_EQ(packets(), 3 * 2) << "one may hear it all the same";
}

TEST_F(OfflineBmcWake, AllThatHaveOneAreWhenThatIsAskedFor) {
  dir_.write("worker2", "on\n");
  command_.bmc = true;
  const auto done = wake(bundle());
  EXPECT_EQ(done.exit_code, kExitOk) << done.err;
  EXPECT_TRUE(is_on("worker1") && is_on("worker3"));
  EXPECT_THAT(done.out, HasSubstr("for worker2 says that it is on already"));
  EXPECT_THAT(test::read_text(dir_ / "calls"), Not(HasSubstr("worker2 on")));
  EXPECT_THAT(done.out, AllOf(HasSubstr("3 of 3 nodes"), HasSubstr("3 of 3 BMCs")));
  EXPECT_EQ(packets(), 3 * 3);
}

TEST_F(OfflineBmcWake, OnlyTheOneThatIsNamedIsAsked) {
  command_.bmc = true;
  command_.node = "worker3";
  EXPECT_EQ(wake(bundle()).exit_code, kExitOk);
  EXPECT_TRUE(is_on("worker3"));
  EXPECT_THAT(test::read_text(dir_ / "calls"), Not(HasSubstr("worker1")));
}

TEST_F(OfflineBmcWake, OneThatFailsIsNamedAndTheOthersGoOn) {
  command_.bmc = true;
  dir_.write("worker1-dead", "");
  auto made = bundle();
  for (auto& node : made.at("nodes").as_array()) {
    if (node.at("node") == "worker2") node.as_object()["bmc"] = json::object{{"protocol", "odd"}};
  }
  const auto done = wake(std::move(made));
  EXPECT_EQ(done.exit_code, kExitFailed);
  EXPECT_THAT(done.err, HasSubstr("worker1: "));
  EXPECT_THAT(done.err, HasSubstr("no route to the plug"));
  EXPECT_THAT(done.err, HasSubstr("worker2: its bmc's \"protocol\" must be ipmi"));
  EXPECT_THAT(done.out, HasSubstr("1 of 3 BMCs"));
  EXPECT_TRUE(is_on("worker3"));
}

TEST_F(OfflineBmcWake, OneThatIsBusyIsTriedOnceMoreAndOneThatSaysNoIsNot) {
  only_by_bmc("worker1");
  only_by_bmc("worker2");
  dir_.write("worker1-busy", "");
  dir_.write("worker2-wrong", "");
  EXPECT_EQ(wake(bundle()).exit_code, kExitFailed);
  EXPECT_TRUE(is_on("worker1"));
  const auto calls = test::read_text(dir_ / "calls");
  const auto first = calls.find("worker2 status");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(calls.find("worker2 status", first + 1), std::string::npos)
      << "it may lock the account";
}

TEST_F(OfflineBmcWake, ABmcThatTookTheOrderMakesUpForAPacketThatCouldNotLeave) {
  fleet_.world_value.nodes.at("worker1").inventory.wake_address = "no such host:9";
  command_.node = "worker1";
  EXPECT_EQ(wake(bundle()).exit_code, kExitFailed);
  command_.bmc = true;
  EXPECT_EQ(wake(bundle()).exit_code, kExitOk);
  EXPECT_TRUE(is_on("worker1"));
}

TEST_F(OfflineBmcWake, ThoseThatStartHaveRoomBetweenThemAndThoseThatAreOnNeedNone) {
  for (int i = 0; i < 20; ++i) {
    const auto name = "on" + std::to_string(i);
    fleet_.world_value.nodes.emplace(name, test::sleeping_node(name));
    give_plug(name);
    only_by_bmc(name);
    dir_.write(name, i < 17 ? "on\n" : "off\n");
    fleet_.world_value.nodes.at(name).inventory.nics.clear();
  }
  for (const auto* name : {"worker1", "worker2", "worker3"}) fleet_.world_value.nodes.erase(name);
  command_.rate_per_min = 60;
  const auto began = std::chrono::steady_clock::now();
  const auto done = wake(bundle());
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(done.exit_code, kExitOk) << done.err;
  EXPECT_THAT(done.out, HasSubstr("20 of 20 BMCs"));
  EXPECT_GE(took, std::chrono::seconds(2)) << "three start";
  EXPECT_LT(took, std::chrono::seconds(12)) << "the others needed no room";
}

TEST_F(OfflineBmcWake, ABundleOfBeforeIsOneOfPackets) {
  auto old = bundle();
  for (auto& node : old.at("nodes").as_array()) {
    node.as_object().erase("bmc");
    node.as_object().erase("methods");
  }
  command_.bmc = true;
  const auto done = wake(std::move(old));
  EXPECT_EQ(done.exit_code, kExitOk) << done.err;
  EXPECT_EQ(packets(), 3 * 3);
  EXPECT_THAT(done.out, HasSubstr("No BMC of theirs is in "));
}

TEST_F(OfflineBmcWake, WhoeverMayChangeTheFileSaysWhatIsRun) {
  using std::filesystem::perms;
  command_.bmc = true;
  command_.bundle = dir_.write("bundle.json", json::serialize(bundle()));
  for (const auto bit : {perms::group_write, perms::others_write}) {
    std::filesystem::permissions(command_.bundle, perms(0600) | bit);
    const auto done = wake();
    EXPECT_EQ(done.exit_code, kExitFailed);
    EXPECT_THAT(done.err, HasSubstr("chmod 600"));
  }
  EXPECT_EQ(packets(), 0);
  EXPECT_FALSE(is_on("worker1"));
  std::filesystem::permissions(command_.bundle, perms(0644));
  EXPECT_EQ(wake().exit_code, kExitOk) << "it is no secret";
}

TEST_F(OfflineBmcWake, APasswordInAVariableIsSeenByNoProgram) {
  command_.bmc = true;
  const IpmiAccess bmc{{"127.0.0.1", 1}, "power", {"", "TEST_DARK_PASSWORD"}, 17};
  bmcs_["worker2"] = bmc_access_json(bmc);
  ::setenv("TEST_DARK_PASSWORD", "s3cret-7", 1);
  command_.node = "worker1";
  EXPECT_EQ(wake(bundle()).exit_code, kExitOk);
  EXPECT_THAT(test::read_text(dir_ / "worker1-env"),
              AllOf(HasSubstr("ECOKUBE_NODE=worker1"), Not(HasSubstr("s3cret-7"))));
}

}  // namespace
}  // namespace ecokube::cli
