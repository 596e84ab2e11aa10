// Goal: each ground for a refusal of a shutdown, one by one, next to the command that is accepted.
#include "node-agent/shutdown/guard.h"

#include <gtest/gtest.h>

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::chrono::nanoseconds kStart = std::chrono::hours(5);
constexpr std::uint64_t kSession = 3;

struct Fixture : testing::Test {
  ShutdownGuard guard{GuardMemory{7, {}, {}}, kStart};
  ShutdownCommand command{"worker1:shutdown:3:1", 7, kSession, 1, "empty"};
  Conditions good{kStart + seconds(1), true, true, "", ""};

  Fixture() { guard.heartbeat_sent(kSession, 1, kStart); }

  v1::Refusal code(const Conditions& conditions) {
    const auto refused = guard.consider(command, conditions);
    if (!refused) return v1::REFUSAL_UNSPECIFIED;
    EXPECT_FALSE(refused->message.empty());
    EXPECT_FALSE(guard.under_way());
    return refused->code;
  }
};

using Guard = Fixture;

TEST_F(Guard, AcceptsAndConfirmsWhatIsRight) {
  EXPECT_EQ(guard.consider(command, good), std::nullopt);
  EXPECT_TRUE(guard.under_way());
  good.now += seconds(20);
  EXPECT_EQ(guard.confirm(good), std::nullopt);
  EXPECT_EQ(guard.memory(), (GuardMemory{7, {"worker1:shutdown:3:1"}, {good.wall_s}}));
}

TEST_F(Guard, RefusesASleepThatTheMachineCannot) {
  command.mode = v1::SLEEP_MODE_SUSPEND;
  good.can_sleep_so = false;
  EXPECT_EQ(code(good), v1::REFUSAL_CANNOT);
  good.can_sleep_so = true;
  command.id = "worker1:shutdown:4:1";
  EXPECT_EQ(guard.consider(command, good), std::nullopt);
}

TEST_F(Guard, RefusesWhileAPodLivesThatMayNotRemain) {
  command.pods_that_may_remain = {"daemon"};
  good.living_pods = {"daemon", "work"};
  const auto refused = guard.consider(command, good);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, v1::REFUSAL_WORK);
  EXPECT_NE(refused->message.find("work"), std::string::npos);
  EXPECT_TRUE(guard.vetoes(good).empty()) << "which pods may remain is each command's own";
}

TEST_F(Guard, AllowsThePodsThatMayRemain) {
  command.pods_that_may_remain = {"daemon", "long-gone"};
  good.living_pods = {"daemon"};
  EXPECT_EQ(guard.consider(command, good), std::nullopt);
  EXPECT_EQ(guard.confirm(good), std::nullopt);
}

TEST_F(Guard, RefusesWhenItCannotSeeThePods) {
  good.pods_problem = "cannot look at /sys/fs/cgroup";
  EXPECT_EQ(code(good), v1::REFUSAL_WORK);
}

TEST_F(Guard, RefusesAPodThatCameWhileTheHooksRan) {
  ASSERT_EQ(guard.consider(command, good), std::nullopt);
  good.living_pods = {"new"};
  const auto refused = guard.confirm(good);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, v1::REFUSAL_WORK);
  EXPECT_FALSE(guard.under_way());
  EXPECT_TRUE(guard.memory().offs.empty()) << "only what is carried out counts";
}

TEST_F(Guard, RefusesForLocalWorkAndLimitsAndSaysSoBefore) {
  good.local_work = "unit backup.service is running";
  EXPECT_EQ(guard.vetoes(good), std::vector<std::string>{good.local_work});
  EXPECT_EQ(code(good), v1::REFUSAL_WORK);
  good.local_work.clear();
  good.limit = "never_off is set";
  command.id = "worker1:shutdown:4:1";
  EXPECT_EQ(guard.vetoes(good), std::vector<std::string>{good.limit});
  EXPECT_EQ(code(good), v1::REFUSAL_LIMIT);
}

TEST_F(Guard, RefusesAnotherRoleAndLearnsNothingFromIt) {
  good.peer_is_coordinator = false;
  command.fence = 900;
  EXPECT_EQ(code(good), v1::REFUSAL_ROLE);
  EXPECT_EQ(guard.memory(), (GuardMemory{7, {}, {}}));
}

TEST_F(Guard, RefusesALowerFenceAndKeepsTheHighest) {
  command.fence = 6;
  EXPECT_EQ(code(good), v1::REFUSAL_FENCE);
  command = {"b", 9, kSession, 99, ""};  // expired, but its fence counts
  EXPECT_EQ(code(good), v1::REFUSAL_EXPIRED);
  command = {"c", 8, kSession, 1, ""};
  EXPECT_EQ(code(good), v1::REFUSAL_FENCE);
  EXPECT_EQ(guard.fence_highest(), 9);
}

TEST_F(Guard, RefusesNoFenceAtAll) {
  guard = ShutdownGuard({}, kStart);
  guard.heartbeat_sent(kSession, 1, kStart);
  command.fence = 0;
  EXPECT_EQ(code(good), v1::REFUSAL_FENCE);
  command.id = "b";
  command.fence = -3;
  EXPECT_EQ(code(good), v1::REFUSAL_FENCE);
}

TEST_F(Guard, RefusesAnOldOrUnknownHeartbeat) {
  good.now = kStart + seconds(10) + milliseconds(1);
  EXPECT_EQ(code(good), v1::REFUSAL_EXPIRED);
  good.now = kStart + seconds(10);
  command = {"b", 7, kSession, 2, ""};
  EXPECT_EQ(code(good), v1::REFUSAL_EXPIRED);
  command = {"c", 7, kSession, 1, ""};
  EXPECT_EQ(guard.consider(command, good), std::nullopt);
}

TEST_F(Guard, RefusesAHeartbeatOfAnotherConnection) {
  command.session = kSession + 1;
  EXPECT_EQ(code(good), v1::REFUSAL_EXPIRED);
}

TEST_F(Guard, RefusesAReplayEvenOfARefusedCommand) {
  good.hold = "held";
  EXPECT_EQ(code(good), v1::REFUSAL_HELD);
  good.hold = "";
  EXPECT_EQ(code(good), v1::REFUSAL_REPLAY);
}

TEST_F(Guard, RefusesAnUnusableId) {
  for (const auto& id : {std::string(), std::string(513, 'a'), std::string("a\nfence 0")}) {
    command.id = id;
    EXPECT_EQ(code(good), v1::REFUSAL_REPLAY);
  }
}

TEST_F(Guard, RefusesWhileHeldUnarmedOrForgetful) {
  auto held = good, unarmed = good, forgetful = good;
  held.hold = "hold file /etc/ecokube/hold exists";
  unarmed.wake_armed = false;
  forgetful.memory_problem = "read-only file system";
  EXPECT_EQ(code(held), v1::REFUSAL_HELD);
  command.id = "b";
  EXPECT_EQ(code(unarmed), v1::REFUSAL_WAKE_NOT_ARMED);
  command.id = "c";
  EXPECT_EQ(code(forgetful), v1::REFUSAL_FENCE);
  for (const auto& conditions : {held, unarmed, forgetful}) {
    EXPECT_EQ(guard.vetoes(conditions).size(), 1U);
  }
  EXPECT_TRUE(guard.vetoes(good).empty());
}

TEST_F(Guard, LooksAtTheNicsOnceTheyAreArmed) {
  ASSERT_EQ(guard.consider(command, good), std::nullopt);
  EXPECT_EQ(guard.confirm_waking(good), std::nullopt);
  EXPECT_TRUE(guard.under_way());
  good.wake_armed = false;
  good.wake_problem = "eno1 does not keep Wake-on-LAN";
  EXPECT_EQ(guard.confirm_waking(good),
            (Refused{v1::REFUSAL_WAKE_NOT_ARMED, "eno1 does not keep Wake-on-LAN"}));
  EXPECT_FALSE(guard.under_way());
  EXPECT_EQ(guard.vetoes(good), std::vector<std::string>{"eno1 does not keep Wake-on-LAN"});
}

TEST_F(Guard, RefusesASecondOneWhileOneIsUnderWay) {
  ASSERT_EQ(guard.consider(command, good), std::nullopt);
  EXPECT_EQ(guard.vetoes(good).size(), 1U);
  const auto second = guard.consider({"b", 7, kSession, 1, ""}, good);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->code, v1::REFUSAL_BUSY);
  EXPECT_TRUE(guard.under_way());
  guard.abandon();
  EXPECT_EQ(guard.consider({"c", 7, kSession, 1, ""}, good), std::nullopt);
}

TEST_F(Guard, LooksOnceMoreAfterTheHooks) {
  const auto last_look = [&](std::string id, Conditions conditions) {
    EXPECT_EQ(guard.consider({std::move(id), guard.fence_highest(), kSession, 1, ""}, good),
              std::nullopt);
    const auto refused = guard.confirm(conditions);
    EXPECT_FALSE(guard.under_way());
    return refused ? refused->code : v1::REFUSAL_UNSPECIFIED;
  };
  auto held = good, unarmed = good, gone = good, late = good;
  held.hold = "held";
  unarmed.wake_armed = false;
  gone.peer_is_coordinator = false;
  late.now += seconds(26);
  EXPECT_EQ(last_look("a", held), v1::REFUSAL_HELD);
  EXPECT_EQ(last_look("b", unarmed), v1::REFUSAL_WAKE_NOT_ARMED);
  EXPECT_EQ(last_look("c", gone), v1::REFUSAL_ROLE);
  EXPECT_EQ(last_look("d", late), v1::REFUSAL_HOOK);
}

TEST_F(Guard, ANewLeaderStopsTheOldOnesCommand) {
  ASSERT_EQ(guard.consider(command, good), std::nullopt);
  const auto newer = guard.consider({"b", 8, kSession, 1, ""}, good);
  ASSERT_TRUE(newer);
  EXPECT_EQ(newer->code, v1::REFUSAL_BUSY);
  const auto refused = guard.confirm(good);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, v1::REFUSAL_FENCE);
}

// The leader says who leads before it commands anything.
TEST_F(Guard, ANewLeadersFenceAloneStopsTheOldOnesCommand) {
  ASSERT_EQ(guard.consider(command, good), std::nullopt);
  guard.fence_seen(8);
  const auto refused = guard.confirm(good);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, v1::REFUSAL_FENCE);
  command.id = "b";
  EXPECT_EQ(code(good), v1::REFUSAL_FENCE);
  EXPECT_EQ(guard.memory().fence_highest, 8);
  guard.fence_seen(3);
  EXPECT_EQ(guard.fence_highest(), 8);
}

TEST_F(Guard, AFloodOfCommandsIsBoundedAndForgetsNothingYoung) {
  good.hold = "held";
  for (std::size_t i = 0; i < ShutdownGuard::kCommandsMax; ++i) {
    command.id = "flood" + std::to_string(i);
    ASSERT_EQ(code(good), v1::REFUSAL_HELD);
  }
  command.id = "one-more";
  EXPECT_EQ(code(good), v1::REFUSAL_BUSY);
  command.id = "flood0";
  EXPECT_EQ(code(good), v1::REFUSAL_REPLAY);
  good.now += seconds(11);
  guard.heartbeat_sent(kSession, 2, good.now);
  good.hold = "";
  EXPECT_EQ(guard.consider({"later", 7, kSession, 2, ""}, good), std::nullopt);
  EXPECT_EQ(guard.memory().commands.size(), ShutdownGuard::kCommandsMax);
}

}  // namespace
}  // namespace ecokube::agent
