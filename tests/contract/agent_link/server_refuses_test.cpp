// Goal: whoever is not a node of ours, or breaks the protocol, gets nothing, is named in the log,
// and harms nobody else. Method: a peer that speaks real TLS on loopback and misbehaves in one way
// at a time; after each, a good one is served.
#include "tests/contract/agent_link/link_fixture.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;

class ServerRefuses : public LinkTest {
 protected:
  ServerRefuses() { start_server(server_options()); }

  /// The peer is cut off, core hears nothing of it, and the log says `why`.
  void expect_refused(const RawClient::Options& options, const std::string& why,
                      const std::function<void(RawClient&)>& say = {}) {
    facts.clear();
    take_log();
    meanwhile([&] {
      RawClient peer(server->port(), options);
      if (peer.connected() && say) say(peer);
      // In TLS 1.3 the client is done before the server has judged it.
      EXPECT_TRUE(!peer.connected() || peer.closed_by_server()) << why;
    });
    EXPECT_TRUE(wait_for([&] { return log_text.str().find("ended") != std::string::npos; }));
    EXPECT_TRUE(seen<core::AgentConnected>().empty()) << why;
    EXPECT_TRUE(seen<core::AgentHeartbeat>().empty()) << why;
    EXPECT_NE(log_text.str().find(why), std::string::npos) << log_text.str();
    expect_good_one_served();
  }

  void expect_good_one_served() {
    facts.clear();
    meanwhile([&] {
      RawClient peer(server->port(), client(Certificates::get().worker2));
      EXPECT_TRUE(peer.hello());
      const auto welcome = peer.receive();
      EXPECT_TRUE(welcome && welcome->has_welcome());
    });
    EXPECT_TRUE(wait_for([&] { return seen<core::AgentDisconnected>().size() == 1; }));
    ASSERT_EQ(seen<core::AgentConnected>().size(), 1U);
    EXPECT_EQ(seen<core::AgentConnected>()[0].node, "worker2");
  }

  /// The same for what comes after a good handshake.
  void expect_cut_off(const std::string& why, const std::function<void(RawClient&)>& say) {
    SCOPED_TRACE(why);
    take_log();
    meanwhile([&] {
      RawClient peer(server->port(), client(Certificates::get().worker1));
      ASSERT_TRUE(peer.connected());
      say(peer);
      EXPECT_TRUE(peer.closed_by_server());
    });
    EXPECT_TRUE(wait_for([&] { return log_text.str().find(why) != std::string::npos; }))
        << log_text.str();
    expect_good_one_served();
  }
};

TEST_F(ServerRefuses, CertificateOfAnotherCa) {
  expect_refused(client(Certificates::get().stranger), "certificate");
}

TEST_F(ServerRefuses, NoCertificate) {
  auto options = client(Certificates::get().worker1);
  options.certificate.clear();
  expect_refused(options, "did not return a certificate");
}

TEST_F(ServerRefuses, ExpiredCertificate) {
  expect_refused(client(Certificates::get().expired), "expired");
}

TEST_F(ServerRefuses, CoordinatorsCertificate) {
  expect_refused(client(Certificates::get().coordinator), "only nodes may connect",
                 [](RawClient& peer) { peer.hello(); });
}

TEST_F(ServerRefuses, CertificateWithoutOrWithTwoNames) {
  expect_refused(client(Certificates::get().no_name), "no ecokube:// URI name");
  expect_refused(client(Certificates::get().bad_name), "Worker_1");
  expect_refused(client(Certificates::get().two_names), "two ecokube:// names");
}

TEST_F(ServerRefuses, OldTls) {
  auto options = client(Certificates::get().worker1);
  options.version_max = TLS1_2_VERSION;
  expect_refused(options, "unsupported protocol");
}

TEST_F(ServerRefuses, OtherProtocol) {
  auto options = client(Certificates::get().worker1);
  options.protocol = "h2";
  expect_refused(options, "no application protocol");
  options.protocol = "";
  expect_refused(options, "does not speak ecokube-agent/1", [](RawClient& peer) { peer.hello(); });
}

TEST_F(ServerRefuses, BytesThatAreNoFrames) {
  expect_cut_off("frame of 16777216 bytes",
                 [](RawClient& peer) { peer.write(std::string("\x01\0\0\0junk", 8)); });
  expect_cut_off("empty frame", [](RawClient& peer) { peer.write(std::string(4, '\0')); });
  expect_cut_off("inside a frame", [](RawClient& peer) {
    peer.write(std::string("\0\0\0\x20half", 8));
    peer.close_write();
  });
  expect_cut_off("no FromAgent",
                 [](RawClient& peer) { peer.write(std::string("\0\0\0\x04\xff\xff\xff\xff", 8)); });
}

TEST_F(ServerRefuses, MessagesOutOfOrder) {
  expect_cut_off("first message is not Hello", [](RawClient& peer) { peer.heartbeat(1); });
  expect_cut_off("Hello twice", [](RawClient& peer) {
    peer.hello();
    peer.hello();
  });
  expect_cut_off("heartbeat 3 came after 3", [](RawClient& peer) {
    peer.hello();
    peer.heartbeat(3);
    peer.heartbeat(3);
  });
  expect_cut_off("another boot id", [](RawClient& peer) {
    peer.hello("boot-1");
    peer.heartbeat(1, "boot-2");
  });
  expect_cut_off("protocol version 0", [](RawClient& peer) {
    v1::FromAgent message;
    message.mutable_hello()->set_boot_id("boot-1");
    peer.send(message);
  });
  expect_cut_off("MAC that is not 6 bytes", [](RawClient& peer) {
    peer.hello();
    v1::FromAgent message;
    message.mutable_heartbeat()->set_sequence(1);
    message.mutable_heartbeat()->set_boot_id("boot-1");
    message.mutable_heartbeat()->add_nics()->set_mac("12345");
    peer.send(message);
  });
}

TEST_F(ServerRefuses, WhoStaysSilent) {
  stop_server();
  auto options = server_options();
  options.handshake_limit = 100ms;
  options.heartbeat_interval = 50ms;
  start_server(options);
  expect_cut_off("time ran out", [](RawClient&) {});                      // no Hello
  expect_cut_off("time ran out", [](RawClient& peer) { peer.hello(); });  // no heartbeats
}

TEST_F(ServerRefuses, MoreConnectionsThanAllowed) {
  stop_server();
  auto options = server_options();
  options.connections_max = 1;
  start_server(options);
  meanwhile([&] {
    RawClient first(server->port(), client(Certificates::get().worker1));
    EXPECT_TRUE(first.hello() && first.receive());
    RawClient second(server->port(), client(Certificates::get().worker2));
    EXPECT_FALSE(second.connected() && second.hello() && second.receive());
    EXPECT_TRUE(first.heartbeat(1));
  });
  EXPECT_EQ(seen<core::AgentConnected>().size(), 1U);
  EXPECT_NE(take_log().find("as many agent connections as allowed"), std::string::npos);
}

TEST_F(ServerRefuses, ABusyPort) {
  auto options = server_options();
  options.port = server->port();
  auto second = make_agent_server(io.get_executor(), options);
  const auto started = second->start([](core::Fact) {});
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("127.0.0.1:" + std::to_string(options.port)),
            std::string::npos)
      << started.error().message;
}

}  // namespace
}  // namespace ecokube::test
