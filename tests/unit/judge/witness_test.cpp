// Goal: of a cluster that a witness watched the same figures come as of one that writes its own
// log, although the watch tells a little late.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lab/demo/judge.h"

namespace ecokube::lab {
namespace {

std::string line(double at_s, const std::string& source, const std::string& fields) {
  return fmt::format("{{\"at_ns\":{},\"source\":\"{}\",{}}}\n",
                     static_cast<std::int64_t>(at_s * 1e9), source, fields);
}

/// A pod that waits is told of at `told_s`; the packet for it came at 30 s.
Figures figures_of(const std::string& source, double told_s) {
  return measure(
      fold(parse_truth_log(line(10, "machine/w", R"("event":"machine_started")") +
                           line(20, source, R"("event":"pod_bound","uid":"u","node":"w")") +
                           line(told_s, source, R"("event":"pod_unschedulable","uid":"p")") +
                           line(30, "machine/w", R"("event":"packet_valid")") +
                           line(50, "machine/w", R"("event":"packet_valid")") +
                           line(60, source, R"("event":"scaled","replicas":0)"))));
}

TEST(WitnessedCluster, GivesTheSameFigures) {
  EXPECT_FALSE(figures_of("api", 29.5).cluster_witnessed);
  EXPECT_TRUE(figures_of("witness", 29.5).cluster_witnessed);
  EXPECT_EQ(figures_of("api", 29.5).pending_to_magic_packet_ms, 500);
  EXPECT_EQ(figures_of("witness", 29.5).pending_to_magic_packet_ms, 500);
}

TEST(WitnessedCluster, TheWatchMayTellTheWitnessAfterThePacket) {
  EXPECT_EQ(figures_of("witness", 30.1).pending_to_magic_packet_ms, 0);
  EXPECT_EQ(figures_of("witness", 31).pending_to_magic_packet_ms, 19'000) << "not much later";
  EXPECT_EQ(figures_of("api", 30.1).pending_to_magic_packet_ms, 19'900) << "the double never is";
}

}  // namespace
}  // namespace ecokube::lab
