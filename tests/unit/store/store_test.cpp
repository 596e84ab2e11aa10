#include "coordinator/store/store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>

#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

constexpr TimePoint kAt = from_ms(1'700'000'000'000);

core::Step step(std::int64_t transition, core::Verb verb = core::Verb::mark,
                std::string subject = "worker1") {
  core::Step made{{std::move(subject), verb, transition, 1},
                  core::MarkNode{12, "boot-a", false, {}},
                  {"Unneeded", "nothing has run here for 10 min"},
                  7};
  return made;
}

core::RememberedNode remembered() {
  core::RememberedNode node;
  node.name = "worker1";
  node.inventory.machine_id = "0123";
  node.inventory.boot_id = "boot-a";
  node.inventory.nics = {
      {"eth0", MacAddress({0x52, 0x54, 0, 0, 0, 1}), true, true, {{0x0a000307, 24}}},
      {"eth1", MacAddress({0x52, 0x54, 0, 0, 0, 2}), false, false},
  };
  node.inventory.wake_address = "127.0.10.11:40009";
  node.inventory.idle = Power::milliwatts(6500);
  node.inventory.machine = {"c0ffee00-0000-4000-8000-000000000001",
                            "S/N 7",
                            "Maker",
                            "1.2",
                            "01/02/2024",
                            true,
                            true,
                            true,
                            Duration(4000),
                            Duration(1500),
                            Duration(2000),
                            {}};
  node.inventory.boot = {"0123456789abcdef", "kernel 6.1.0-18 is installed, 6.1.0-13 runs"};
  node.inventory.bmc = core::BmcFacts{
      true, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 12, "a123456789abcdefa123456789000001", "no"};
  node.inventory.kubelet_certificate =
      core::KubeletCertificate{Validity{kAt - Duration(5000), kAt + Duration(7000)}};
  node.wake_proven_boot = "fedcba9876543210";
  node.wake_proven_mode = core::SleepMode::hibernate;
  node.peak_seen = Power::watts(605);
  node.boot_times = {Duration(8123), Duration(7999)};
  node.wake_proven_at = kAt;
  node.downs = {kAt - Duration(5), kAt};
  node.goodbye = core::AgentGoodbye{"worker1", 3, core::LeaveOrigin::coordinator,
                                    "worker1:shutdown:4:1", "boot-a"};
  node.transition = 4;
  return node;
}

class StoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<CoordinatorStore> open() {
    auto store = make_store(io_.get_executor(), file_);
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  Result<void> write(Store& store, const core::Step& what) {
    return test::run(io_, store.write_intent(what, kAt));
  }

  boost::asio::io_context io_{1};
  test::TempDir dir_;
  std::filesystem::path file_ = dir_ / "state.db";
};

TEST_F(StoreTest, GivesBackWhatItWasTold) {
  auto full = remembered();
  core::RememberedNode bare;
  bare.name = "worker2";
  {
    auto store = open();
    store->remember(bare);
    auto old = full;
    old.transition = 1;
    store->remember(old);
    store->remember(full);
  }
  const auto recovered = open()->recover();
  ASSERT_TRUE(recovered.has_value()) << recovered.error().message;
  EXPECT_EQ(recovered->nodes, (std::vector{full, bare}));
  EXPECT_TRUE(recovered->unfinished.empty());
}

TEST_F(StoreTest, TellsFinishedFromUnfinishedIntents) {
  {
    auto store = open();
    ASSERT_TRUE(write(*store, step(4)).has_value());
    ASSERT_TRUE(write(*store, step(4, core::Verb::shutdown)).has_value());
    ASSERT_TRUE(write(*store, step(2, core::Verb::mark, "worker2")).has_value());
    store->write_outcome(step(4).id, "done", kAt);
  }
  const auto recovered = open()->recover();
  ASSERT_TRUE(recovered.has_value());
  EXPECT_EQ(recovered->unfinished, (std::vector{step(4, core::Verb::shutdown).id,
                                                step(2, core::Verb::mark, "worker2").id}));
}

TEST_F(StoreTest, KnowsTheVerbOfEachOpenIntent) {
  auto store = open();
  std::vector<core::StepId> all;
  for (int i = 0; i < core::kVerbCount; ++i) {
    const auto one = step(4, static_cast<core::Verb>(i), "worker" + std::to_string(i));
    ASSERT_TRUE(write(*store, one).has_value());
    all.push_back(one.id);
  }
  EXPECT_EQ(store->recover()->unfinished, all);
}

TEST_F(StoreTest, ALaterTransitionEndsWhatAnEarlierOneLeftOpen) {
  auto store = open();
  ASSERT_TRUE(write(*store, step(4)).has_value());
  ASSERT_TRUE(write(*store, step(6)).has_value());
  const auto recovered = store->recover();
  ASSERT_TRUE(recovered.has_value());
  EXPECT_EQ(recovered->unfinished, (std::vector{step(6).id}));
}

TEST_F(StoreTest, ARepeatedIntentIsOpenAgain) {
  auto store = open();
  ASSERT_TRUE(write(*store, step(4)).has_value());
  store->write_outcome(step(4).id, "failed", kAt);
  ASSERT_TRUE(write(*store, step(4)).has_value());
  EXPECT_EQ(store->recover()->unfinished, (std::vector{step(4).id}));
}

/// Goal: an intent is on disk when write_intent returns, whatever happens to the process then.
TEST_F(StoreTest, KeepsEachAcknowledgedIntentWhenKilled) {
  int acknowledged[2];
  ASSERT_EQ(::pipe(acknowledged), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    boost::asio::io_context io{1};
    auto store = make_store(io.get_executor(), file_);
    if (!store) ::_exit(1);
    for (std::int64_t n = 1; n < 1'000'000; ++n) {
      const auto subject = "worker" + std::to_string(n);
      if (!test::run(io, (*store)->write_intent(step(1, core::Verb::mark, subject), kAt)))
        ::_exit(1);
      if (::write(acknowledged[1], &n, sizeof n) != sizeof n) ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(acknowledged[1]);
  std::int64_t last = 0;
  std::int64_t n = 0;
  constexpr std::int64_t kKillAt = 25;
  while (::read(acknowledged[0], &n, sizeof n) == sizeof n) {
    last = n;
    if (n == kKillAt) ::kill(child, SIGKILL);
  }
  ::close(acknowledged[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_GE(last, kKillAt);

  const auto recovered = open()->recover();
  ASSERT_TRUE(recovered.has_value()) << recovered.error().message;
  // One more may have been committed and not yet told.
  const auto kept = static_cast<std::int64_t>(recovered->unfinished.size());
  EXPECT_GE(kept, last);
  EXPECT_LE(kept, last + 1);
}

TEST_F(StoreTest, ManyAtOnceShareACommitAndAllReturn) {
  auto store = open();
  constexpr int kMany = 500;
  std::vector<core::Step> steps;
  for (int i = 0; i < kMany; ++i)
    steps.push_back(step(1, core::Verb::mark, "n" + std::to_string(i)));
  int done = 0;
  for (const auto& one : steps) {
    boost::asio::co_spawn(io_, store->write_intent(one, kAt),
                          [&](std::exception_ptr e, Result<void> r) { done += !e && r ? 1 : 0; });
  }
  EXPECT_TRUE(test::run_until(io_, [&] { return done == kMany; })) << done;
  EXPECT_EQ(store->recover()->unfinished.size(), static_cast<std::size_t>(kMany));
}

TEST_F(StoreTest, KeepsTokensAndIdentitiesAsOneChange) {
  const TokenRecord used{"1f0c6a2b", "abcd", "worker1", "ann", kAt, kAt + Duration(5), "worker1"};
  const TokenRecord fresh{"2f0c6a2b", "ef01", "", "ann", kAt, kAt + Duration(9), ""};
  IdentityRecord node{"worker1",
                      {{"00ff", kAt, kAt + Duration(7), true}, {"01", kAt, kAt, false}},
                      Revocation{kAt, "ann", "stolen"}};
  const IdentityRecord other{"worker2", {}, std::nullopt};
  {
    auto store = open();
    const auto write_all = [&](std::vector<IdentityChange> changes) {
      for (auto& one : changes) {
        ASSERT_TRUE(test::run(io_, store->write_identity(std::move(one))).has_value());
      }
    };
    write_all({{fresh, {}, std::nullopt}, {used, {}, other}, {std::nullopt, {"none"}, node}});
  }
  auto store = open();
  const auto known = store->recover_identities();
  ASSERT_TRUE(known.has_value()) << known.error().message;
  EXPECT_EQ(known->tokens, (std::vector{used, fresh}));
  EXPECT_EQ(known->nodes, (std::vector{node, other}));
  IdentityChange drop;
  drop.dropped_tokens = {used.id, fresh.id};
  ASSERT_TRUE(test::run(io_, store->write_identity(std::move(drop))).has_value());
  EXPECT_TRUE(store->recover_identities()->tokens.empty());
}

TEST_F(StoreTest, IsOursAlone) {
  const auto first = open();
  const auto second = make_store(io_.get_executor(), file_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::io);
  EXPECT_NE(second.error().message.find("another process"), std::string::npos)
      << second.error().message;
}

}  // namespace
}  // namespace ecokube
