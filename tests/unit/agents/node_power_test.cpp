// Goal: a node's power is the sum of what counts, over the machine's own time, or unknown.
#include "coordinator/agents/node_power.h"

#include <gtest/gtest.h>

#include <limits>

namespace ecokube {
namespace {

using std::chrono::milliseconds;

struct Counters {
  google::protobuf::RepeatedPtrField<v1::EnergyCounter> list;

  Counters& add(const std::string& source, const std::string& domain, std::uint64_t joules,
                bool counts = true, std::uint64_t unknown = 0) {
    auto& counter = *list.Add();
    counter.set_source(source);
    counter.set_domain(domain);
    counter.set_microjoules(joules * 1'000'000);
    counter.set_counts_for_node(counts);
    counter.set_unknown_intervals(unknown);
    return *this;
  }
};

TEST(NodePower, IsTheMeanOfWhatCounts) {
  NodePower power;
  const auto first = power.update(
      Counters().add("rapl", "package-0", 100).add("rapl", "package-0/core", 90, false).list,
      milliseconds(10'000));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->power, std::nullopt);
  EXPECT_EQ(first->energy, Energy::joules(100));
  EXPECT_EQ(first->source, "rapl");
  const auto second = power.update(
      Counters().add("rapl", "package-0", 160).add("rapl", "package-0/core", 140, false).list,
      milliseconds(15'000));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->power, Power::watts(12));
}

// Heartbeats within a second repeat what was read at its beginning.
TEST(NodePower, StaysWhereTheSameReadingIsToldAgain) {
  NodePower power;
  const auto told = [&](std::uint64_t joules, std::int64_t at_ms) {
    return power.update(Counters().add("rapl", "package-0", joules).list, milliseconds(at_ms));
  };
  EXPECT_TRUE(told(100, 10'000));
  EXPECT_EQ(told(160, 15'000)->power, Power::watts(12));
  const auto again = told(160, 15'000);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->power, Power::watts(12));
  EXPECT_EQ(again->energy, Energy::joules(160));
  EXPECT_EQ(told(180, 20'000)->power, Power::watts(4));
}

TEST(NodePower, IsUnknownWhereTheCountersBreak) {
  const auto start = [] {
    NodePower power;
    EXPECT_TRUE(power.update(Counters().add("rapl", "package-0", 100).list, milliseconds(1000)));
    return power;
  };
  const struct {
    const char* what;
    Counters now;
    milliseconds uptime;
  } cases[] = {
      {"fell", Counters().add("rapl", "package-0", 90), milliseconds(2000)},
      {"reset", Counters().add("rapl", "package-0", 101, true, 1), milliseconds(2000)},
      {"one more", Counters().add("rapl", "package-0", 101).add("rapl", "dram", 1),
       milliseconds(2000)},
      {"another source", Counters().add("model", "node", 101), milliseconds(2000)},
      {"no time passed", Counters().add("rapl", "package-0", 101), milliseconds(1000)},
      {"time went back", Counters().add("rapl", "package-0", 101), milliseconds(900)},
      {"a power plant", Counters().add("rapl", "package-0", 10'000'000'000), milliseconds(2000)},
      {"gone", Counters(), milliseconds(2000)},
  };
  for (const auto& c : cases) {
    auto power = start();
    const auto sample = power.update(c.now.list, c.uptime);
    ASSERT_TRUE(sample) << c.what;
    EXPECT_EQ(sample->power, std::nullopt) << c.what;
  }
}

TEST(NodePower, RefusesWhatCannotBe) {
  NodePower power;
  Counters overflow;
  overflow.add("rapl", "a", 1).add("rapl", "b", 1);
  overflow.list[0].set_microjoules(std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(power.update(overflow.list, milliseconds(1)));
  EXPECT_FALSE(
      power.update(Counters().add("rapl", "a", 1).add("rapl", "a", 1).list, milliseconds(1)));
}

}  // namespace
}  // namespace ecokube
