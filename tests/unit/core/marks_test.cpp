#include "coordinator/core/marks.h"

#include <gtest/gtest.h>

namespace ecokube::core {
namespace {

TEST(Marks, IntentSurvivesTheNodeObject) {
  const Intent intent{7, "4f5e-boot"};
  EXPECT_EQ(format_intent(intent), "down transition=7 boot_id=4f5e-boot");
  EXPECT_EQ(parse_intent(format_intent(intent)), intent);
  const Intent doubtful{7, "4f5e-boot", true};
  EXPECT_EQ(parse_intent(format_intent(doubtful)), doubtful);
  EXPECT_FALSE(parse_intent(""));
  EXPECT_FALSE(parse_intent("up transition=7 boot_id=x"));
  EXPECT_FALSE(parse_intent("down transition=seven boot_id=x"));
}

TEST(Marks, WakeProofSurvivesTheNodeObject) {
  EXPECT_EQ(parse_wake_proof(format_wake_proof(from_ms(1'234'567))), from_ms(1'234'567));
  const auto proof = format_wake_proof(from_ms(1'234'567), WakeMethod::wol, "0a1b");
  EXPECT_EQ(parse_wake_proof(proof), from_ms(1'234'567));
  EXPECT_EQ(parse_wake_proof_boot(proof), "0a1b");
  EXPECT_EQ(parse_wake_proof_boot(format_wake_proof(from_ms(1))), "");
  EXPECT_FALSE(parse_wake_proof(""));
  EXPECT_FALSE(parse_wake_proof("wol at_ms=12x"));
}

TEST(Marks, WakeRecipeSurvivesTheNodeObject) {
  const WakeRecipe recipe{
      "192.0.2.255:9",
      {*MacAddress::parse("02:00:00:00:00:01"), *MacAddress::parse("02:00:00:00:00:fe")}};
  EXPECT_EQ(parse_wake_recipe(format_wake_recipe(recipe)), recipe);
  EXPECT_FALSE(parse_wake_recipe("address=192.0.2.255:9"));
  EXPECT_FALSE(parse_wake_recipe("address=192.0.2.255:9 macs=02:00"));
  EXPECT_FALSE(parse_wake_recipe("macs=02:00:00:00:00:01"));
}

TEST(Marks, QuarantineSurvivesTheNodeObject) {
  const QuarantineNode quarantine{from_ms(99'000), 3};
  EXPECT_EQ(parse_quarantine(format_quarantine(quarantine)), quarantine);
  EXPECT_FALSE(parse_quarantine("until_ms=99000"));
  EXPECT_FALSE(parse_quarantine("failures=3"));
}

TEST(Marks, HoldSurvivesTheNodeObject) {
  const Hold forever{"anna", "new disk: wait", std::nullopt};
  EXPECT_EQ(parse_hold(format_hold(forever)), forever);
  const Hold for_a_while{"anna", "bench", from_ms(5000)};
  EXPECT_EQ(parse_hold(format_hold(for_a_while)), for_a_while);
}

TEST(Marks, WhateverAPersonWroteByHandIsAHoldWithoutEnd) {
  const auto hold = parse_hold("do not touch");
  ASSERT_TRUE(hold);
  EXPECT_EQ(hold->reason, "do not touch");
  EXPECT_FALSE(hold->until);
  EXPECT_FALSE(parse_hold(""));
  EXPECT_FALSE(parse_hold("until_ms=soon anna: x")->until);
}

}  // namespace
}  // namespace ecokube::core
