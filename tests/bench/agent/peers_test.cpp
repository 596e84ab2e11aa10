// Which peers are measured: those that tell energy. The program of each here only waits; its
// answers are this test's.
#include "bench/agent/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "common/http_server.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;
using testing::IsEmpty;

class PeersOfARun : public testing::Test {
 protected:
  /// A peer that waits, and for which this test answers.
  bench::Peer peer(const std::string& name) {
    bench::Peer peer;
    peer.name = name;
    peer.argv = {"sleep", "60"};
    peer.port = port_;
    peer.energy = "joules_total";
    return peer;
  }
  asio::awaitable<void> answer(HttpExchange& exchange) {
    HttpResponse response;
    response.status = 200;
    response.body = body_;
    (void)co_await exchange.respond(std::move(response));
  }

  TempDir dir_;
  asio::io_context io_{1};
  bench::Programs programs_{io_.get_executor(), dir_.path()};
  bench::Peers peers_{io_.get_executor(), programs_};
  std::string body_ = "# HELP joules_total energy\njoules_total 7\n";
  std::unique_ptr<HttpServer> server_ = make_http_server(
      io_.get_executor(), [this](HttpExchange& exchange) { return answer(exchange); });
  std::uint16_t port_ = server_->listen_tcp("127.0.0.1", 0).value_or(0);
};

TEST_F(PeersOfARun, OneThatTellsEnergyIsKept) {
  peers_.start(peer("one"));
  EXPECT_TRUE(run(io_, peers_.all_tell()));
  peers_.leave_out_silent();
  EXPECT_THAT(peers_.names(), ElementsAre("one"));
  EXPECT_THAT(peers_.missing(), IsEmpty());
  EXPECT_TRUE(run(io_, peers_.scrape()));
}

TEST_F(PeersOfARun, OneThatOnlyExplainsEnergyIsLeftOutWithTheReason) {
  body_ = "# HELP joules_total energy\nother_total 7\n";
  peers_.start(peer("one"));
  EXPECT_FALSE(run(io_, peers_.all_tell()));
  peers_.leave_out_silent();
  EXPECT_THAT(peers_.names(), IsEmpty());
  EXPECT_EQ(peers_.missing().at("one"), "it never told joules_total");
  EXPECT_TRUE(programs_.all_run());
}

TEST_F(PeersOfARun, OneThatEndsIsLeftOutWithItsLogAndNobodyWaitsForIt) {
  auto ends = peer("one");
  ends.argv = {"false"};
  body_ = "\n";
  peers_.start(ends);
  ASSERT_TRUE(run_until(io_, [this] { return !programs_.runs("one"); }));
  EXPECT_TRUE(run(io_, peers_.all_tell()));
  peers_.leave_out_silent();
  EXPECT_THAT(peers_.names(), IsEmpty());
  EXPECT_NE(peers_.missing().at("one").find(dir_ / "one.log"), std::string::npos);
}

TEST_F(PeersOfARun, OneThatIsNotThereIsLeftOut) {
  auto nowhere = peer("one");
  nowhere.argv = {dir_ / "no-such-program"};
  peers_.start(nowhere);
  EXPECT_THAT(peers_.names(), IsEmpty());
  EXPECT_NE(peers_.missing().at("one").find("No such file"), std::string::npos);
}

TEST_F(PeersOfARun, OneThatCeasesToTellEnergyFailsTheScrape) {
  peers_.start(peer("one"));
  ASSERT_TRUE(run(io_, peers_.all_tell()));
  body_ = "\n";
  const auto done = run(io_, peers_.scrape());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "one tells no joules_total");
}

}  // namespace
}  // namespace ecokube::test
