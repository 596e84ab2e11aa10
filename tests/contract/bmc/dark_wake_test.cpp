// Goal: from the configuration's BMCs to machines that are on, by a file and the real ecoctl alone
// (S24): no coordinator, API server or database is there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "coordinator/api/json.h"
#include "coordinator/config.h"
#include "coordinator/power/bmc_access_json.h"
#include "tests/contract/bmc/test_bmc.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube {
namespace {

using test::must;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSecret = "s3cret-1";

class DarkWakeTest : public testing::Test {
 protected:
  DarkWakeTest() {
    service().options().takes_basic = false;
    write_bundle();
  }

  static std::string ipmi_node(const std::string& name, const IpmiAccess& bmc) {
    return fmt::format(
        "[[node]]\nname = \"{}\"\nbmc_address = \"{}\"\nbmc_port = {}\nbmc_user = \"{}\"\n"
        "bmc_password_file = \"{}\"\nbmc_cipher_suite = 3\n",
        name, bmc.address.host, bmc.address.port, bmc.user, bmc.password.file.string());
  }
  std::string redfish_node(const std::string& name) {
    const auto bmc = third_.redfish();
    return fmt::format(
        "[[node]]\nname = \"{}\"\nbmc_protocol = \"redfish\"\nbmc_address = \"{}\"\n"
        "bmc_port = {}\nbmc_user = \"{}\"\nbmc_password_file = \"{}\"\n"
        "bmc_fingerprint = \"{}\"\nbmc_auth = \"session\"\n",
        name, bmc.address.host, bmc.address.port, bmc.user, bmc.password.file.string(),
        third_.fingerprints().key);
  }

  /// As the coordinator makes it, of nodes that it has heard nothing of but their names.
  void write_bundle() {
    const auto config = must(read_coordinator_config(
        dir_.write("c.toml",
                   "[kubernetes]\nkubeconfig = \"k\"\n[agents]\nca = \"a\"\ncertificate = \"b\"\n"
                   "key = \"c\"\n" +
                       ipmi_node("w1", first_.ipmi()) + ipmi_node("w2", second_.ipmi()) +
                       redfish_node("w3"))));
    test::FakeFleet fleet;
    fleet.policy_value = config.policy;
    std::map<NodeName, boost::json::object> bmcs;
    for (const auto& [node, access] : config.bmcs.bmcs) {
      fleet.world_value.nodes[node].name = node;
      bmcs[node] = bmc_access_json(access);
    }
    bundle_ = dir_.write("wake.json", boost::json::serialize(wake_bundle_json(fleet, bmcs)));
  }

  struct Outcome {
    int exit_code;
    std::string said;
  };
  Outcome wake() {
    ChildOptions ecoctl;
    ecoctl.argv = {ECOKUBE_ECOCTL, "wake", "--offline", bundle_.string(), "--rate", "6000"};
    ecoctl.output_bytes_max = 64UL * 1024;
    const auto child = must(start_child(io_.get_executor(), ecoctl));
    const auto status = test::run(io_, child->wait(test::kRunLimit));
    return {status.value_or(-1), child->output()};
  }
  lab::RedfishService& service() { return third_.service(); }

  boost::asio::io_context io_{1};
  test::TempDir dir_;
  test::IpmiTestBmc first_{io_}, second_{io_};
  test::RedfishTestBmc third_{io_};
  std::filesystem::path bundle_;
};

TEST_F(DarkWakeTest, MachinesThatAreOffAreOnAndNoSessionIsLeft) {
  const auto done = wake();
  EXPECT_EQ(done.exit_code, 0) << done.said;
  EXPECT_TRUE(first_.on() && second_.on() && third_.on()) << done.said;
  EXPECT_THAT(done.said, HasSubstr("3 of 3 BMCs"));
  EXPECT_EQ(service().sessions(), 0U);
  const auto again = wake();
  EXPECT_EQ(again.exit_code, 0) << again.said;
  EXPECT_THAT(again.said, HasSubstr("says that it is on already"));
  for (const auto& orders : {first_.orders(), second_.orders(), third_.orders()})
    EXPECT_EQ(orders, "set power 1\n") << "told once, and nothing else";
}

TEST_F(DarkWakeTest, AWrongPasswordIsNamedAndTheOthersAreOn) {
  must(lab::write_password_file(first_.ipmi().password.file, "wrong"));
  const auto done = wake();
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.said, HasSubstr("ecoctl: w1: BMC 127.0.0.1:"));
  EXPECT_THAT(done.said, HasSubstr("the password is wrong"));
  EXPECT_THAT(done.said, HasSubstr("2 of 3 BMCs"));
  EXPECT_FALSE(first_.on());
  EXPECT_TRUE(second_.on() && third_.on());
}

TEST_F(DarkWakeTest, APasswordFileThatIsMissingOrTooOpenIsNamedWithWhatToDo) {
  std::filesystem::remove(first_.ipmi().password.file);
  std::filesystem::permissions(third_.redfish().password.file, std::filesystem::perms(0644));
  const auto done = wake();
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.said, HasSubstr("password file " + first_.ipmi().password.file.string() +
                                   ": No such file"));
  EXPECT_THAT(done.said, HasSubstr("bring it here"));
  EXPECT_THAT(done.said, HasSubstr("may be read or changed by others: chmod 600 it"));
  EXPECT_TRUE(second_.on());
  EXPECT_FALSE(first_.on() || third_.on());
}

TEST_F(DarkWakeTest, ADeadBmcKeepsNoOtherFromBeingAsked) {
  second_.kill();
  const auto done = wake();
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.said, HasSubstr("ecoctl: w2: BMC 127.0.0.1:"));
  EXPECT_TRUE(first_.on() && third_.on()) << done.said;
}

TEST_F(DarkWakeTest, NoSecretIsInTheBundleNorInWhatIsSaid) {
  EXPECT_THAT(test::read_text(bundle_),
              AllOf(HasSubstr(first_.ipmi().password.file.string()), Not(HasSubstr(kSecret))));
  EXPECT_THAT(wake().said, Not(HasSubstr(kSecret)));
}

}  // namespace
}  // namespace ecokube
