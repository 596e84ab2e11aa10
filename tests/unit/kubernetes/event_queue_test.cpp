// A burst loses no event: what says the same counts up, and what does not fit is told to the
// caller.
#include "coordinator/kubernetes/event_queue.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ecokube::kubernetes {
namespace {

ObjectEvent waking(int node) {
  return {about_node(fmt::format("w{}", node)), false, "Waking", "pods wait for room"};
}

TEST(EventQueue, KeepsTheOrderAndCountsWhatSaysTheSame) {
  EventQueue queue(10);
  for (const int node : {1, 2, 1, 3, 1, 2}) EXPECT_TRUE(queue.push(waking(node)));
  const std::vector<std::pair<int, std::int64_t>> expected{{1, 3}, {2, 2}, {3, 1}};
  for (const auto& [node, times] : expected) {
    const auto first = queue.pop();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->event, waking(node));
    EXPECT_EQ(first->times, times);
  }
  EXPECT_FALSE(queue.pop());
}

TEST(EventQueue, WhatIsWrittenAlreadyIsNotCountedUp) {
  EventQueue queue(10);
  EXPECT_TRUE(queue.push(waking(1)));
  EXPECT_TRUE(queue.pop());
  EXPECT_TRUE(queue.push(waking(1)));
  EXPECT_EQ(queue.pop()->times, 1);
}

TEST(EventQueue, TellsWhatDoesNotFit) {
  EventQueue queue(2);
  EXPECT_TRUE(queue.push(waking(1)));
  EXPECT_TRUE(queue.push(waking(2)));
  EXPECT_FALSE(queue.push(waking(3)));
  EXPECT_TRUE(queue.push(waking(2))) << "that one waits already";
  queue.clear();
  EXPECT_TRUE(queue.push(waking(3)));
}

}  // namespace
}  // namespace ecokube::kubernetes
