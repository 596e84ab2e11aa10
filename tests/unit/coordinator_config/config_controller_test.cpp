// What coordinator.toml says of nodes' management controllers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read_with.h"

namespace ecokube {
namespace {

using testing::HasSubstr;

TEST(ControllerConfig, EveryMistakeAboutABmcIsNamed) {
  const auto config = read_with(R"(
[[node]]
name = "n1"
bmc_address = "10.0.0.9"
bmc_cipher_suite = 0
[[node]]
name = "n2"
bmc_user = "power"
[[node]]
name = "n4"
methods = ["ipmi"]
[[node]]
name = "n3"
bmc_address = "-x"
bmc_user = "power"
bmc_password_file = "f"
methods = ["wol", "wol", "smoke"]
[[node]]
name = "n3"
)");
  ASSERT_FALSE(config);
  for (const auto* mistake :
       {"bmc_user", "bmc_password_file", "bmc_cipher_suite", "node[2].bmc_address: is missing",
        "ipmi needs a bmc_address", "may begin with '-'", "wol stands twice",
        "\"smoke\" is none of wol, ipmi, redfish and exec", "the name n3 stands twice"}) {
    EXPECT_THAT(config.error().message, HasSubstr(mistake));
  }
}

TEST(ControllerConfig, ABmcsPasswordMayStandInTheEnvironment) {
  const std::string node =
      "[[node]]\nname = \"n1\"\nbmc_address = \"10.0.0.9\"\nbmc_user = \"u\"\n";
  const auto config = read_with(node + "bmc_password_env = \"BMC_N1\"");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(std::get<IpmiAccess>(config->bmcs.bmcs.at("n1")).password.variable, "BMC_N1");
  for (const auto* wrong :
       {"bmc_password_env = \"BMC_N1\"\nbmc_password_file = \"f\"", "bmc_password_env = \"1=2\""}) {
    const auto refused = read_with(node + wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_THAT(refused.error().message, HasSubstr("bmc_password_"));
  }
}

TEST(ControllerConfig, EveryMistakeAboutRedfishIsNamed) {
  const auto config = read_with(R"(
[[node]]
name = "n1"
bmc_protocol = "redfish"
bmc_address = "10.0.0.9"
bmc_user = "a:b"
bmc_password_file = "f"
bmc_cipher_suite = 17
bmc_auth = "none"
bmc_system = "Systems/1"
methods = ["ipmi"]
[[node]]
name = "n2"
bmc_protocol = "telnet"
bmc_address = "10.0.0.9"
bmc_user = "u"
bmc_password_file = "f"
bmc_ca = "c"
methods = ["redfish"]
[[node]]
name = "n3"
bmc_protocol = "redfish"
bmc_address = "10.0.0.9"
bmc_user = "u"
bmc_password_file = "f"
bmc_ca = "c"
bmc_fingerprint = "sha1:00"
)");
  ASSERT_FALSE(config);
  for (const auto* mistake :
       {"node[1].bmc_fingerprint: give this or bmc_ca", "bmc_user: may hold no ':'",
        "bmc_cipher_suite: is for bmc_protocol = \"ipmi\"", "bmc_auth: must be basic or session",
        "bmc_system: must be a path", "ipmi needs a bmc_address with bmc_protocol = \"ipmi\"",
        "bmc_protocol: must be ipmi or redfish",
        "node[2].bmc_ca: is for bmc_protocol = \"redfish\"",
        "redfish needs a bmc_address with bmc_protocol = \"redfish\"",
        "node[3].bmc_fingerprint: give this or bmc_ca", "64 hexadecimal digits"}) {
    EXPECT_THAT(config.error().message, HasSubstr(mistake));
  }
}

TEST(ControllerConfig, AProgramMayStandForABmc) {
  const auto config = read_with(R"(
[bmc]
poll_s = 30
power_interval_s = 20
[[node]]
name = "n1"
exec_program = "/etc/ecokube/plug"
exec_env = { PLUG = "10.0.0.77" }
[[node]]
name = "n2"
exec_program = "/etc/ecokube/plug"
exec_off = true
exec_watts = true
methods = ["exec"]
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->bmcs.poll, std::chrono::seconds(30));
  EXPECT_EQ(config->bmcs.power_interval, std::chrono::seconds(20));
  EXPECT_EQ(config->policy.bmc_power_interval, std::chrono::seconds(20));
  const auto& nodes = config->policy.nodes;
  EXPECT_TRUE(nodes.at("n1").bmc);
  EXPECT_EQ(nodes.at("n1").bmc_by, core::WakeMethod::exec);
  EXPECT_EQ(nodes.at("n1").bmc_address, "");
  EXPECT_EQ(nodes.at("n1").bmc_off, core::BmcOff::never);
  EXPECT_EQ(nodes.at("n2").bmc_off, core::BmcOff::configured);
  EXPECT_TRUE(std::get<ExecAccess>(config->bmcs.bmcs.at("n2")).measures_power);
  const BmcAccess plug = ExecAccess{"n1", "/etc/ecokube/plug", {{"PLUG", "10.0.0.77"}}, false};
  EXPECT_EQ(config->bmcs.bmcs.at("n1"), plug);
  const auto text = describe(*config);
  EXPECT_THAT(text, HasSubstr("node n1: woken by wol, then exec; program /etc/ecokube/plug\n"));
  EXPECT_THAT(text, HasSubstr("node n2: woken by exec; program /etc/ecokube/plug, which may cut"));
}

TEST(ControllerConfig, WattsAreAskedEachMinuteOrNever) {
  EXPECT_EQ(read_with("")->bmcs.power_interval, std::chrono::seconds(60));
  const auto never = read_with("[bmc]\npower_interval_s = 0\n");
  ASSERT_TRUE(never) << never.error().message;
  EXPECT_EQ(never->bmcs.power_interval, std::chrono::seconds(0));
  for (const auto* wrong : {"4.9", "-1", "3601"}) {
    const auto config = read_with(std::string("[bmc]\npower_interval_s = ") + wrong + "\n");
    ASSERT_FALSE(config) << wrong;
    EXPECT_THAT(config.error().message, HasSubstr("bmc.power_interval_s: must be")) << wrong;
  }
}

TEST(ControllerConfig, EveryMistakeAboutAProgramIsNamed) {
  const auto config = read_with(R"(
[bmc]
[ipmi]
[[node]]
name = "n1"
exec_program = "plug"
exec_env = { "A B" = "1", ECOKUBE_NODE = "n2" }
exec_off = "yes"
bmc_user = "power"
[[node]]
name = "n2"
exec_off = true
[[node]]
name = "n3"
exec_program = "/p"
methods = ["wol", "ipmi"]
[[node]]
name = "n4"
methods = ["exec"]
)");
  ASSERT_FALSE(config);
  for (const auto* mistake :
       {"ipmi: is [bmc]'s older name", "node[1].exec_program: must be an absolute path",
        "\"A B\" is no name of a variable", "\"ECOKUBE_NODE\" is no name",
        "exec_off: must be true or false", "a node has one controller",
        "node[2].exec_program: is missing", "ipmi needs a bmc_address",
        "exec needs an exec_program"}) {
    EXPECT_THAT(config.error().message, HasSubstr(mistake));
  }
}

}  // namespace
}  // namespace ecokube
