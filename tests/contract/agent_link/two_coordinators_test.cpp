// Goal: an agent is linked to each coordinator at once, obeys whichever leads, and never one that
// led before. Method: the real agent process and two servers.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "tests/contract/agent_link/link_fixture.h"

namespace ecokube::test {
namespace {

namespace asio = boost::asio;

class TwoCoordinators : public LinkTest {
 protected:
  TwoCoordinators() {
    start_server(server_options());
    auto options = server_options();
    options.tls.certificate = Certificates::get().standby.certificate;
    options.tls.key = Certificates::get().standby.key;
    options.coordinator_id = "standby";
    other = make_agent_server(io.get_executor(), std::move(options));
    const auto started =
        other->start([this](core::Fact fact) { other_facts.push_back(std::move(fact)); });
    EXPECT_TRUE(started);
    agent.emplace(io, dir, server->port());
    agent->coordinators.push_back("127.0.0.1:" + std::to_string(other->port()));
    agent->hook_timeout_s = "20";
  }
  ~TwoCoordinators() override {
    agent.reset();
    run(io, other->stop());
  }

  static const core::AgentHeartbeat* last_beat(const std::vector<core::Fact>& of) {
    const core::AgentHeartbeat* found = nullptr;
    for (const auto& fact : of) {
      if (const auto* beat = std::get_if<core::AgentHeartbeat>(&fact)) found = beat;
    }
    return found;
  }
  bool both_hear_it() {
    return wait_for(
        [&] { return last_beat(facts) != nullptr && last_beat(other_facts) != nullptr; });
  }
  bool both_know(std::int64_t fence) {
    return wait_for([&] {
      return last_beat(facts)->fence_highest_seen == fence &&
             last_beat(other_facts)->fence_highest_seen == fence;
    });
  }
  static core::Step order(std::int64_t attempt, std::int64_t fence,
                          const std::vector<core::Fact>& heard) {
    return {{"worker1", core::Verb::shutdown, 1, attempt},
            core::ShutdownNode{last_beat(heard)->sequence, {}},
            {"Idle", "nothing runs here"},
            fence};
  }
  static std::size_t goodbyes(const std::vector<core::Fact>& of) {
    return static_cast<std::size_t>(std::ranges::count_if(
        of, [](const auto& fact) { return std::holds_alternative<core::AgentGoodbye>(fact); }));
  }
  bool off() const { return std::filesystem::exists(agent->action_file()); }

  std::unique_ptr<AgentServer> other;
  std::vector<core::Fact> other_facts;
  std::optional<AgentProcess> agent;
};

TEST_F(TwoCoordinators, BothHearItAndItsGoodbyeAndEitherMayLead) {
  agent->start();
  ASSERT_TRUE(both_hear_it()) << agent->log();
  const auto done = run(io, other->shutdown(order(1, 3, other_facts)));
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_TRUE(wait_for([&] { return off(); }));
  EXPECT_TRUE(wait_for([&] { return goodbyes(facts) == 1 && goodbyes(other_facts) == 1; }));
  EXPECT_EQ(agent->terminate(), 0);
}

TEST_F(TwoCoordinators, TheOldLeaderIsRefusedOnceTheNewOneSpoke) {
  agent->start();
  ASSERT_TRUE(both_hear_it()) << agent->log();
  server->lead(7);
  ASSERT_TRUE(both_know(7));
  other->lead(8);
  ASSERT_TRUE(both_know(8)) << "the old one hears of it too";
  const auto refused = run(io, server->shutdown(order(1, 7, facts)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().message.find("older leader"), std::string::npos);

  agent->kill();
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentDisconnected>().empty(); }));
  server->lead(0);
  other->lead(0);
  facts.clear();
  other_facts.clear();
  agent->start();
  ASSERT_TRUE(both_hear_it()) << agent->log();
  EXPECT_FALSE(run(io, server->shutdown(order(2, 7, facts)))) << "it was kept on disk";
  EXPECT_FALSE(off());
  EXPECT_TRUE(run(io, other->shutdown(order(2, 8, other_facts)))) << "another leader's, same step";
  EXPECT_TRUE(wait_for([&] { return off(); }));
}

TEST_F(TwoCoordinators, WhatTheOldLeaderBeganIsGivenUp) {
  agent->hook("10-slow", "touch " + (dir / "begun").string() + "; while [ ! -e " +
                             (dir / "go-on").string() + " ]; do sleep 0.02; done");
  agent->start();
  ASSERT_TRUE(both_hear_it()) << agent->log();
  std::optional<Result<void>> outcome;
  const auto command = order(1, 7, facts);
  asio::co_spawn(io, server->shutdown(command),
                 [&](const std::exception_ptr&, Result<void> result) { outcome = result; });
  ASSERT_TRUE(wait_for([&] { return std::filesystem::exists(dir / "begun"); })) << agent->log();
  other->lead(8);
  ASSERT_TRUE(both_know(8));
  dir.write("go-on", "");
  ASSERT_TRUE(wait_for([&] { return outcome.has_value(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_NE(outcome->error().message.find("spoke up meanwhile"), std::string::npos);
  EXPECT_FALSE(off());
  EXPECT_EQ(goodbyes(facts) + goodbyes(other_facts), 0U);
}

// A coordinator keeps the newest connection of a node: two links to one would end each other.
TEST_F(TwoCoordinators, OneAtTwoAddressesIsOneLink) {
  agent->coordinators = {"127.0.0.1:" + std::to_string(server->port()),
                         "localhost:" + std::to_string(server->port())};
  agent->start();
  ASSERT_TRUE(wait_for([&] {
    return agent->log().find("connected at another address already") != std::string::npos;
  })) << agent->log();
  const auto heard = seen<core::AgentHeartbeat>().size();
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() >= heard + 3; }));
  EXPECT_EQ(seen<core::AgentConnected>().size(), 1U);
}

}  // namespace
}  // namespace ecokube::test
