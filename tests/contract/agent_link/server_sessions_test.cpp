// Goal: core hears of each node's one current connection, in order, and a shutdown's answer or its
// absence is told apart.
#include <optional>
#include <thread>

#include "tests/contract/agent_link/link_fixture.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;

core::Step shutdown_step(const std::string& node, std::int64_t attempt = 1) {
  return {{node, core::Verb::shutdown, 1, attempt},
          core::ShutdownNode{1, {}},
          {"Idle", "nothing runs here"},
          5};
}

class ServerSessions : public LinkTest {
 protected:
  ServerSessions() {
    auto options = server_options();
    options.shutdown_reply_timeout = 300ms;
    start_server(options);
  }

  boost::asio::awaitable<void> shut_down(core::Step step, std::optional<Result<void>>& outcome) {
    outcome = co_await server->shutdown(step);
  }
  void spawn_shutdown(const core::Step& step, std::optional<Result<void>>& outcome) {
    boost::asio::co_spawn(io, shut_down(step, outcome),
                          [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
  }
};

TEST_F(ServerSessions, ANewerConnectionReplacesTheOlder) {
  meanwhile([&] {
    RawClient first(server->port(), client(Certificates::get().worker1));
    EXPECT_TRUE(first.hello("boot-1") && first.receive());
    RawClient second(server->port(), client(Certificates::get().worker1));
    EXPECT_TRUE(second.hello("boot-2", "another machine") && second.receive());
    EXPECT_TRUE(first.closed_by_server());
    EXPECT_TRUE(second.heartbeat(1, "boot-2"));
    v1::FromAgent goodbye;
    goodbye.mutable_goodbye()->set_origin(v1::ORIGIN_SERVICE_STOP);
    goodbye.mutable_goodbye()->set_boot_id("boot-2");
    EXPECT_TRUE(second.send(goodbye));
    const auto acknowledged = second.receive();
    EXPECT_TRUE(acknowledged && acknowledged->has_goodbye_ack());
  });
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentDisconnected>().empty(); }));
  const auto connected = seen<core::AgentConnected>();
  ASSERT_EQ(connected.size(), 2U);
  EXPECT_LT(connected[0].session, connected[1].session);
  ASSERT_EQ(seen<core::AgentHeartbeat>().size(), 1U);
  EXPECT_EQ(seen<core::AgentHeartbeat>()[0].session, connected[1].session);
  ASSERT_EQ(seen<core::AgentGoodbye>().size(), 1U);
  EXPECT_EQ(seen<core::AgentGoodbye>()[0].origin, core::LeaveOrigin::service_stop);
  ASSERT_EQ(seen<core::AgentDisconnected>().size(), 1U) << "the replaced one was not current";
  EXPECT_EQ(seen<core::AgentDisconnected>()[0].session, connected[1].session);
  EXPECT_NE(take_log().find("two machines use the certificate"), std::string::npos);
}

TEST_F(ServerSessions, TellsRefusedFromSilentFromLost) {
  const struct {
    const char* what;
    std::function<void(RawClient&)> peer;
    std::optional<Errc> expected;
  } cases[] = {
      {"accepts",
       [](RawClient& peer) {
         const auto asked = peer.receive();
         v1::FromAgent reply;
         reply.mutable_shutdown_reply()->set_command_id(asked->shutdown().command_id());
         reply.mutable_shutdown_reply()->set_accepted(true);
         peer.send(reply);
         peer.closed_by_server();
       },
       std::nullopt},
      {"refuses",
       [](RawClient& peer) {
         const auto asked = peer.receive();
         v1::FromAgent reply;
         reply.mutable_shutdown_reply()->set_command_id(asked->shutdown().command_id());
         reply.mutable_shutdown_reply()->set_message("held by\na person");
         peer.send(reply);
         peer.closed_by_server();
       },
       Errc::refused},
      {"answers another command",
       [](RawClient& peer) {
         peer.receive();
         v1::FromAgent reply;
         reply.mutable_shutdown_reply()->set_command_id("some other");
         reply.mutable_shutdown_reply()->set_accepted(true);
         peer.send(reply);
         peer.closed_by_server();
       },
       Errc::timeout},
      {"goes away", [](RawClient& peer) { peer.receive(); }, Errc::timeout},
  };
  std::int64_t attempt = 0;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    facts.clear();
    std::optional<Result<void>> outcome;
    std::thread peer([&] {
      RawClient end(server->port(), client(Certificates::get().worker1));
      EXPECT_TRUE(end.hello() && end.receive() && end.heartbeat(1));
      c.peer(end);
    });
    EXPECT_TRUE(wait_for([&] { return !seen<core::AgentHeartbeat>().empty(); }));
    spawn_shutdown(shutdown_step("worker1", ++attempt), outcome);
    EXPECT_TRUE(wait_for([&] { return outcome.has_value(); }));
    stop_server();
    peer.join();
    start_server([&] {
      auto options = server_options();
      options.shutdown_reply_timeout = 300ms;
      return options;
    }());
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->has_value(), !c.expected.has_value());
    if (!c.expected || *outcome) continue;
    EXPECT_EQ(outcome->error().code, *c.expected);
    EXPECT_EQ(outcome->error().message == "held by a person", c.expected == Errc::refused);
  }
}

TEST_F(ServerSessions, ANodeThatIsNotConnectedIsUnreachable) {
  std::optional<Result<void>> outcome;
  spawn_shutdown(shutdown_step("worker7"), outcome);
  ASSERT_TRUE(wait_for([&] { return outcome.has_value(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().code, Errc::unreachable);
}

TEST_F(ServerSessions, OneCommandIsNotUnderWayTwice) {
  std::optional<Result<void>> first, second;
  std::thread peer([&] {
    RawClient end(server->port(), client(Certificates::get().worker1));
    EXPECT_TRUE(end.hello() && end.receive() && end.heartbeat(1));
    end.closed_by_server();
  });
  EXPECT_TRUE(wait_for([&] { return !seen<core::AgentHeartbeat>().empty(); }));
  spawn_shutdown(shutdown_step("worker1"), first);
  spawn_shutdown(shutdown_step("worker1"), second);
  EXPECT_TRUE(wait_for([&] { return second.has_value(); }));
  EXPECT_FALSE(first.has_value());
  stop_server();
  peer.join();
  ASSERT_TRUE(second && !*second);
  EXPECT_EQ(second->error().code, Errc::conflict);
  EXPECT_TRUE(wait_for([&] { return first.has_value(); })) << "whoever waits is told";
}

}  // namespace
}  // namespace ecokube::test
