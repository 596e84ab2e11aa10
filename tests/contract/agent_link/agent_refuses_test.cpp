// Goal: the agent speaks to a coordinator of its own CA only, says why not, and keeps trying; bad
// configurations end it with code 2. Method: the real agent process.
#include <fmt/format.h>

#include "tests/contract/agent_link/link_fixture.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;

class AgentRefuses : public LinkTest {
 protected:
  void expect_agent_says(AgentServerOptions options, const std::string& why) {
    start_server(std::move(options));
    AgentProcess agent(io, dir, server->port());
    agent.start();
    EXPECT_TRUE(wait_for([&] { return agent.log().find(why) != std::string::npos; }))
        << agent.log();
    EXPECT_TRUE(agent.running()) << "it goes on trying";
    EXPECT_TRUE(seen<core::AgentConnected>().empty()) << "it must not have said Hello";
    EXPECT_EQ(agent.terminate(), 0);
  }
  AgentServerOptions with_certificate(const lab::CertificateFiles& files) {
    auto options = server_options();
    options.tls.certificate = files.certificate;
    options.tls.key = files.key;
    return options;
  }
  int exit_code(const std::string& config) {
    dir.write("bad.toml", config);
    ChildOptions options;
    options.argv = {ECOKUBE_AGENT, "--check-config", "--config", (dir / "bad.toml").string()};
    options.output_file = dir / "bad.log";
    auto child = start_child(io.get_executor(), options);
    return child ? run(io, (*child)->wait(10s)).value_or(-1) : -1;
  }
};

TEST_F(AgentRefuses, ANodeThatPlaysCoordinator) {
  expect_agent_says(with_certificate(Certificates::get().worker2),
                    "only a coordinator may command this machine");
}

TEST_F(AgentRefuses, ACoordinatorOfAnotherCa) {
  expect_agent_says(with_certificate(Certificates::get().stranger), "certificate verify failed");
}

TEST_F(AgentRefuses, AnExpiredCoordinator) {
  expect_agent_says(with_certificate(Certificates::get().expired_coordinator), "expired");
}

TEST_F(AgentRefuses, ACoordinatorWithTwoNames) {
  expect_agent_says(with_certificate(Certificates::get().two_names), "two ecokube:// names");
}

TEST_F(AgentRefuses, BadConfigurationNamesFileLineAndKey) {
  const auto& made = Certificates::get();
  const auto good = fmt::format(
      "[coordinator]\naddresses = [\"127.0.0.1:7443\"]\n[tls]\nca = \"{}\"\ncertificate = "
      "\"{}\"\nkey = \"{}\"\n",
      made.ca.certificate.string(), made.worker1.certificate.string(), made.worker1.key.string());
  const std::string named = "node_name = \"worker1\"\n";
  EXPECT_EQ(exit_code(named + good), 0) << read_text(dir / "bad.log");
  const struct {
    std::string text, said;
  } cases[] = {
      {named + "sysfs = \"/sys\"\n" + good, "bad.toml:2"},
      {"node_name = \"Worker_1\"\n" + good, "node_name"},
      {named + "[coordinator]\naddresses = [\"nowhere\"]\n", "addresses"},
      {named + good + "[power]\nidle_watts = 6\n", "idle_watts"},
      {named + good + "[shutdown]\nhook_timeout_s = 900\n", "hook_timeout_s"},
      {named + good + "[shutdown]\naction = []\n", "action"},
      {named + good + "[tls", "bad.toml"},
      {named + "[coordinator]\naddresses = [\"a:1\"]\n[tls]\nca = \"/nowhere/ca\"\ncertificate = "
               "\"/nowhere/c\"\nkey = \"/nowhere/k\"\n",
       "/nowhere/ca"},
  };
  for (const auto& c : cases) {
    std::filesystem::remove(dir / "bad.log");
    EXPECT_EQ(exit_code(c.text), 2) << c.text;
    EXPECT_NE(read_text(dir / "bad.log").find(c.said), std::string::npos)
        << c.text << read_text(dir / "bad.log");
  }
}

}  // namespace
}  // namespace ecokube::test
