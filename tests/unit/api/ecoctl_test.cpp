// ecoctl against a real API on a Unix socket, served by a thread of its own.
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <future>
#include <thread>

#include "cli/run.h"
#include "coordinator/api/api.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/api/captured.h"
#include "tests/unit/api/fake_enrolment.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using cli::Command;
using cli::Verb;

class EcoctlTest : public ::testing::Test {
 protected:
  EcoctlTest() {
    test::fill(fleet_);
    fleet_.tell(test::event(1, "state", "Ready -> Draining"));
    ApiOptions options;
    options.port = 0;
    options.socket = dir_ / "api.sock";
    options.bmcs["worker2"] = {{"password_file", "/etc/ecokube/bmc/worker2"}};
    api_ = make_api(io_.get_executor(), options, fleet_, &enrolment_);
    EXPECT_TRUE(api_->start().has_value());
    port_ = api_->port();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~EcoctlTest() override {
    asio::post(io_, [this] {
      api_->stop();
      work_.reset();
    });
    thread_.join();
  }

  test::Outcome run(Command command) {
    if (command.socket == "/run/ecokube/api.sock") command.socket = dir_ / "api.sock";
    return test::captured([&] { return cli::run(command); });
  }
  static Command command(Verb verb, std::string node = "") {
    Command made;
    made.verb = verb;
    made.node = std::move(node);
    return made;
  }
  std::size_t posted() {
    std::promise<std::size_t> count;
    asio::post(io_, [&] { count.set_value(fleet_.posted.size()); });
    return count.get_future().get();
  }

  test::TempDir dir_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  test::FakeFleet fleet_;
  test::FakeEnrolment enrolment_;
  std::unique_ptr<Api> api_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(EcoctlTest, KeepsABundleForItsOwnerAndTheOldOneWhereThereIsNoNewOne) {
  auto bundle = command(Verb::wake_bundle);
  bundle.output = dir_.write("wake.json", "old");
  const auto made = run(bundle);
  EXPECT_EQ(made.exit_code, cli::kExitOk) << made.err;
  EXPECT_EQ(made.out, "");
  const auto text = test::read_text(bundle.output);
  EXPECT_NE(text.find("\"password_file\": \"/etc/ecokube/bmc/worker2\""), std::string::npos)
      << text;
  EXPECT_EQ(std::filesystem::status(bundle.output).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(run(command(Verb::wake_bundle)).out, text);
  bundle.socket = dir_ / "nobody.sock";
  EXPECT_EQ(run(bundle).exit_code, cli::kExitFailed);
  EXPECT_EQ(test::read_text(bundle.output), text);
}

TEST_F(EcoctlTest, MakesListsAndDeletesTokensAndRevokesNodes) {
  auto create = command(Verb::token_create, "worker3");
  create.stay = std::chrono::minutes(30);
  const auto made = run(create);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_NE(made.out.find("\n  ecokube-agent enroll --coordinator main:7443 --token "
                          "1f0c6a2b.secret --ca-hash sha256:ab\n"),
            std::string::npos)
      << made.out;
  EXPECT_NE(made.out.find("2025-11-22T09:40:00.250Z, for worker3"), std::string::npos) << made.out;
  const auto list = run(command(Verb::token_list));
  EXPECT_NE(list.out.find("1f0c6a2b  worker3"), std::string::npos) << list.out;
  auto remove = command(Verb::token_delete);
  remove.token_id = "1f0c6a2b";
  EXPECT_EQ(run(remove).exit_code, 0);
  EXPECT_EQ(run(remove).exit_code, 1);
  const auto revoked = run(command(Verb::revoke, "worker1"));
  EXPECT_EQ(revoked.exit_code, 0) << revoked.err;
  EXPECT_EQ(run(command(Verb::revoke, "nobody")).exit_code, 1);
}

TEST_F(EcoctlTest, ShowsNodesFleetExplanationAndEvents) {
  const auto nodes = run(command(Verb::nodes));
  EXPECT_EQ(nodes.exit_code, 0);
  EXPECT_TRUE(nodes.out.starts_with("NODE     STATE        POWER           WATTS")) << nodes.out;
  EXPECT_NE(nodes.out.find("worker2  PoweredDown  off"), std::string::npos) << nodes.out;
  EXPECT_NE(run(command(Verb::fleet)).out.find("Lease     held, fence 3"), std::string::npos);
  const auto explanation = run(command(Verb::explain, "worker1"));
  EXPECT_NE(explanation.out.find("worker1 is Ready for 5 min, power on"), std::string::npos);
  const auto no_pod = run(command(Verb::explain, "team-a/x"));
  EXPECT_EQ(no_pod.exit_code, 1);
  EXPECT_NE(no_pod.err.find("No pod \"x\" is seen in namespace \"team-a\""), std::string::npos);
  EXPECT_NE(run(command(Verb::events)).out.find("Ready -> Draining"), std::string::npos);
}

TEST_F(EcoctlTest, PrintsDocuments) {
  auto json = command(Verb::nodes);
  json.json = true;
  const auto parsed = boost::json::parse(run(json).out);
  EXPECT_EQ(parsed.at("nodes").at(0).at("name"), "worker1");
}

TEST_F(EcoctlTest, AsksAndSaysWhatHappens) {
  auto wake = command(Verb::wake, "worker2");
  wake.reason = "tests";
  wake.stay = std::chrono::hours(2);
  const auto outcome = run(wake);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("wake worker2: A magic packet is sent now"), std::string::npos);
  EXPECT_NE(outcome.out.find("kept on for 2 h"), std::string::npos) << outcome.out;
  EXPECT_EQ(posted(), 1U);
}

TEST_F(EcoctlTest, DoctorFailsOnAProblemOnly) {
  const auto well = run(command(Verb::doctor));
  EXPECT_EQ(well.exit_code, 0) << well.out;
  EXPECT_TRUE(well.out.starts_with("LEVEL  CODE")) << well.out;
  asio::post(
      io_, [this] { fleet_.world_value.nodes.at("worker2").state = core::Lifecycle::quarantined; });
  const auto ill = run(command(Verb::doctor));
  EXPECT_EQ(ill.exit_code, 1) << ill.out;
  EXPECT_NE(ill.out.find("problem  Quarantined"), std::string::npos) << ill.out;
  EXPECT_NE(ill.out.find("-> ecoctl unquarantine worker2"), std::string::npos) << ill.out;
  auto as_json = command(Verb::doctor);
  as_json.json = true;
  EXPECT_EQ(run(as_json).exit_code, 1);
}

TEST_F(EcoctlTest, WaitsUntilItIsDone) {
  auto wake = command(Verb::wake, "worker1");
  wake.wait = true;
  const auto outcome = run(wake);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("worker1: it is Ready"), std::string::npos) << outcome.out;
}

TEST_F(EcoctlTest, FailsWhenItIsNotDoneInTime) {
  auto wake = command(Verb::wake, "worker2");
  wake.wait = true;
  wake.timeout = std::chrono::seconds(0);
  const auto outcome = run(wake);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("still PoweredDown"), std::string::npos) << outcome.err;
}

TEST_F(EcoctlTest, FreezesTheFleet) {
  auto freeze = command(Verb::freeze);
  freeze.reason = "storage";
  const auto outcome = run(freeze);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("until ecoctl unfreeze"), std::string::npos);
  EXPECT_EQ(posted(), 1U);
}

TEST_F(EcoctlTest, AnEvacuationDoesNotEndWhileANodeSleeps) {
  auto evacuate = command(Verb::evacuate);
  evacuate.reason = "moving";
  evacuate.timeout = std::chrono::seconds(0);
  const auto outcome = run(evacuate);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("worker2 (PoweredDown)"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("worker1 ("), std::string::npos) << outcome.err;
}

TEST_F(EcoctlTest, SaysWhatIsWrong) {
  const auto unknown = run(command(Verb::explain, "worker9"));
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.err.find("Known: worker1, worker2"), std::string::npos) << unknown.err;
  auto no_socket = command(Verb::nodes);
  no_socket.socket = dir_ / "absent.sock";
  const auto missing = run(no_socket);
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("Is ecokube-coordinator running"), std::string::npos);
  auto bad = command(Verb::nodes);
  bad.server = "nonsense";
  EXPECT_EQ(run(bad).exit_code, 2);
}

TEST_F(EcoctlTest, ReadsOverTcpToo) {
  auto nodes = command(Verb::nodes);
  nodes.server = "http://127.0.0.1:" + std::to_string(port_);
  EXPECT_EQ(run(nodes).exit_code, 0);
}

}  // namespace
}  // namespace ecokube
