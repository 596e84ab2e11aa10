#include "cli/command.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace ecokube::cli {
namespace {

std::variant<Command, int> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "ecoctl");
  return parse_command(static_cast<int>(words.size()), words.data(), "1.2.3");
}

Command command(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  EXPECT_TRUE(std::holds_alternative<Command>(parsed));
  const auto* found = std::get_if<Command>(&parsed);
  return found ? *found : Command{};
}

int exit_code(std::vector<const char*> words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const auto parsed = parse(std::move(words));
  testing::internal::GetCapturedStdout();
  testing::internal::GetCapturedStderr();
  const auto* code = std::get_if<int>(&parsed);
  return code ? *code : -1;
}

TEST(Command, WakesOneNodeByTheCoordinatorOrAllByAFile) {
  EXPECT_EQ(exit_code({"wake"}), kExitUsage);
  const auto all = command({"wake", "--offline", "wake.json", "--rate", "600"});
  EXPECT_TRUE(all.is_offline());
  EXPECT_EQ(all.node, "");
  EXPECT_EQ(all.rate_per_min, 600U);
  EXPECT_EQ(command({"wake", "worker1", "--offline", "wake.json"}).node, "worker1");
  EXPECT_FALSE(command({"wake", "worker1"}).is_offline());
  EXPECT_EQ(exit_code({"wake", "worker1", "--offline", "wake.json", "--wait"}), kExitUsage);
  EXPECT_EQ(exit_code({"wake", "worker1", "--rate", "600"}), kExitUsage);
  EXPECT_EQ(exit_code({"wake", "--offline", "wake.json", "--rate", "0"}), kExitUsage);
  EXPECT_FALSE(all.bmc);
  EXPECT_TRUE(command({"wake", "--offline", "wake.json", "--bmc"}).bmc);
  EXPECT_EQ(exit_code({"wake", "worker1", "--bmc"}), kExitUsage);
}

TEST(Command, ABundleIsForRootAndGoesIntoAFile) {
  EXPECT_EQ(command({"wake-bundle", "-o", "/root/wake.json"}).output, "/root/wake.json");
  EXPECT_EQ(command({"wake-bundle"}).output, "");
  EXPECT_EQ(exit_code({"wake-bundle", "--server", "http://127.0.0.1:7444"}), kExitUsage);
}

TEST(Command, ReadsVerbsAndTheirOptions) {
  EXPECT_EQ(command({"nodes"}).verb, Verb::nodes);
  EXPECT_TRUE(command({"nodes", "--json"}).json);
  EXPECT_TRUE(command({"--json", "fleet"}).json);
  EXPECT_TRUE(command({"events", "--follow"}).follow);
  const auto wake = command({"wake", "worker1", "--for", "2h", "--reason", "disk swap", "--wait"});
  EXPECT_EQ(wake.verb, Verb::wake);
  EXPECT_EQ(wake.node, "worker1");
  EXPECT_EQ(wake.stay, std::chrono::hours(2));
  EXPECT_EQ(wake.reason, "disk swap");
  EXPECT_TRUE(wake.wait);
  const auto test = command({"test-wake", "worker2", "--wait", "--timeout", "90"});
  EXPECT_EQ(test.verb, Verb::test_wake);
  EXPECT_EQ(test.timeout, std::chrono::seconds(90));
  EXPECT_EQ(command({"hold", "a"}).verb, Verb::hold);
  EXPECT_EQ(command({"release", "a"}).verb, Verb::release);
  EXPECT_EQ(command({"unquarantine", "a", "--reason", "new disk"}).verb, Verb::unquarantine);
  EXPECT_EQ(command({"sleep", "a"}).verb, Verb::sleep);
  EXPECT_EQ(command({"explain", "a"}).verb, Verb::explain);
  EXPECT_EQ(command({"doctor", "--server", "http://127.0.0.1:7444"}).verb, Verb::doctor);
}

TEST(Command, ReadsTokensAndRevocations) {
  const auto create = command({"token", "create", "--node", "worker1", "--valid", "90m"});
  EXPECT_EQ(create.verb, Verb::token_create);
  EXPECT_EQ(create.node, "worker1");
  EXPECT_EQ(create.stay, std::chrono::minutes(90));
  EXPECT_EQ(command({"token", "list", "--json"}).verb, Verb::token_list);
  EXPECT_EQ(command({"token", "delete", "1f0c"}).token_id, "1f0c");
  const auto revoke = command({"node", "revoke", "worker1", "--reason", "stolen"});
  EXPECT_EQ(revoke.verb, Verb::revoke);
  EXPECT_EQ(revoke.reason, "stolen");
  EXPECT_EQ(exit_code({"token"}), 2);
  EXPECT_EQ(exit_code({"token", "create", "--server", "http://h:1"}), 2) << "it changes something";
  EXPECT_EQ(command({"token", "list", "--server", "http://h:1"}).verb, Verb::token_list);
}

TEST(Command, WrongUsageIsExitCode2) {
  EXPECT_EQ(exit_code({}), kExitUsage);
  EXPECT_EQ(exit_code({"frobnicate"}), kExitUsage);
  EXPECT_EQ(exit_code({"wake"}), kExitUsage);
  EXPECT_EQ(exit_code({"wake", "a", "--for", "soon"}), kExitUsage);
  EXPECT_EQ(exit_code({"wake", "a", "--server", "http://127.0.0.1:7444"}), kExitUsage);
  EXPECT_EQ(exit_code({"hold", "a", "--wait"}), kExitUsage);
}

TEST(Command, HelpAndVersionAreNoMistake) {
  EXPECT_EQ(exit_code({"--help"}), kExitOk);
  EXPECT_EQ(exit_code({"wake", "--help"}), kExitOk);
  EXPECT_EQ(exit_code({"--version"}), kExitOk);
}

TEST(Command, TakesTheSocketFromTheEnvironment) {
  ::setenv("ECOKUBE_SOCKET", "/elsewhere/api.sock", 1);
  EXPECT_EQ(command({"nodes"}).socket, "/elsewhere/api.sock");
  EXPECT_EQ(command({"nodes", "--socket", "/x"}).socket, "/x");
  ::unsetenv("ECOKUBE_SOCKET");
  EXPECT_EQ(command({"nodes"}).socket, "/run/ecokube/api.sock");
}

TEST(Command, ReadsTimes) {
  using std::chrono::seconds;
  EXPECT_EQ(parse_time("90"), seconds(90));
  EXPECT_EQ(parse_time("90s"), seconds(90));
  EXPECT_EQ(parse_time("15m"), seconds(900));
  EXPECT_EQ(parse_time("1h"), seconds(3600));
  EXPECT_EQ(parse_time("2d"), seconds(172800));
  for (const auto* text : {"", "h", "0", "-1h", "1x", "1 h", "400d", "99999999999999999999"}) {
    EXPECT_FALSE(parse_time(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace ecokube::cli
