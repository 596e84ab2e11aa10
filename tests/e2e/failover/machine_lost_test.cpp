// Goal: with six of ten nodes asleep, the pods of a machine that dies run elsewhere as fast as with
// none asleep, and the rest of the fleet is decided on as before. Method: ten machines on a real
// control plane; the same death with all on, with six asleep, and with no room on those that are
// on.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "tests/e2e/failover/failover_lab.h"

namespace ecokube::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class MachineLost : public testing::Test {
 protected:
  std::string all_logs() const { return "a:\n" + lab.log("a"); }

  /// All its pods run on nodes other than these; how many do.
  int running_off(const std::set<std::string>& nodes) {
    int running = 0;
    for (const auto& [node, pods] : lab.replicas("web")) running += nodes.contains(node) ? 0 : pods;
    return running;
  }
  /// As many replicas on exactly these nodes.
  void deploy(int replicas, const std::set<std::string>& on) {
    for (const auto& node : lab.nodes()) lab.cordon(node, !on.contains(node));
    lab.create_deployment("web", replicas);
    ASSERT_TRUE(lab.becomes([&] { return running_off({}) == replicas; })) << all_logs();
    for (const auto& node : lab.nodes()) lab.cordon(node, false);
  }
  /// The machine with the most of the pods dies; returns how long it takes until all run elsewhere.
  milliseconds lose_the_busiest(int replicas) {
    const auto pods = lab.replicas("web");
    const auto busiest =
        std::max_element(pods.begin(), pods.end(),
                         [](const auto& one, const auto& two) { return one.second < two.second; });
    lost.insert(busiest->first);
    const auto at = Clock::now();
    lab.lose_power(busiest->first);
    EXPECT_TRUE(lab.becomes([&] { return running_off(lost) == replicas; })) << all_logs();
    return std::chrono::duration_cast<milliseconds>(Clock::now() - at);
  }
  std::size_t given_up() {
    std::size_t count = 0;
    for (const auto& node : lab.nodes()) count += lab.given_up(node) ? 1 : 0;
    return count;
  }
  /// The longest of this run.
  milliseconds wake_time() {
    milliseconds longest{0};
    for (const auto& node : lab.nodes()) longest = std::max(longest, lab.boot_time("a", node));
    return longest;
  }
  /// By packets that were heard.
  std::int64_t wakes() {
    std::int64_t all = 0;
    for (const auto& [node, machine] : lab.history().machines) all += machine.wakes;
    return all;
  }
  std::size_t downs() {
    std::size_t all = 0;
    for (const auto& [node, machine] : lab.history().machines) all += machine.offs.size();
    return all;
  }
  std::size_t asleep() {
    std::size_t count = 0;
    for (const auto& node : lab.nodes()) count += lab.state("a", node) == "PoweredDown" ? 1 : 0;
    return count;
  }

  FailoverLab lab{{.workers = 10, .view_age_max_s = 30, .bmcs = Bmcs::none}};
  std::set<std::string> lost;
};

TEST_F(MachineLost, ItsPodsRunElsewhereAsFastWithSixOfTenAsleep) {
  deploy(6, {"w1", "w2", "w3", "w4"});
  const auto all_on = lose_the_busiest(6);
  const auto first = *lost.begin();
  // It was woken while its power was back: that proves it, and it is not to sleep here.
  EXPECT_EQ(lab.post("a", "/api/v1/nodes/" + first + "/hold").status, 202);
  lab.power_on(first);
  ASSERT_TRUE(lab.becomes([&] { return lab.state("a", first) == "Ready"; })) << all_logs();
  lost.clear();

  lab.delete_deployment("web");
  // Its pods are deleted after it; they would be counted for those of the next.
  ASSERT_TRUE(lab.becomes([&] { return lab.replicas("web").empty(); })) << all_logs();
  deploy(6, {"w1", "w2", "w3", "w4"});
  for (const char* node : {"w5", "w6", "w7", "w8", "w9", "w10"}) lab.prove_wake(node);
  ASSERT_TRUE(lab.becomes([&] { return asleep() == 6; })) << all_logs();
  ASSERT_TRUE(lab.becomes([&] { return given_up() == 6; }))
      << given_up() << ", else they wait in the same queue\n"
      << all_logs();
  const auto six_asleep = lose_the_busiest(6);
  EXPECT_EQ(asleep(), 6U) << "no sleeper counts as failed, and none was needed";
  EXPECT_EQ(wakes(), 0) << all_logs();

  // The three that are left have room for 15 such pods; the next death needs a sleeper.
  lab.scale("web", 14);
  ASSERT_TRUE(lab.becomes([&] { return running_off(lost) == 14; })) << all_logs();
  const auto no_room = lose_the_busiest(14);
  EXPECT_GT(wakes(), 0) << "with two dead machines decisions go on";
  EXPECT_EQ(downs(), 6U) << "and nothing more was put down\n" << all_logs();
  fmt::print(
      "pods run elsewhere after {} ms with all on, {} ms with six asleep, {} ms with a wake\n",
      all_on.count(), six_asleep.count(), no_room.count());
  EXPECT_LT(six_asleep, 2 * all_on);
  EXPECT_LT(no_room, 2 * all_on + wake_time());
}

}  // namespace
}  // namespace ecokube::test
