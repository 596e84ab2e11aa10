#include "coordinator/core/life.h"

#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core::test {
namespace {

TEST(Life, ABootIsManyLives) {
  EXPECT_EQ(life_id("b-1", 0), "b-1");
  EXPECT_EQ(life_id("b-1", 12), "b-1+12");
  EXPECT_EQ(core::boot_of("b-1+12"), "b-1");
  EXPECT_EQ(core::boot_of("b-1"), "b-1");
  EXPECT_TRUE(same_boot("b-1", "b-1+1"));
  EXPECT_FALSE(same_boot("b-1", "b-2"));
  EXPECT_FALSE(same_boot("", ""));
}

TEST(SleepModeMarks, StandInIntentAndProofOnlyWhereItIsNotOff) {
  const Intent intent{7, "boot+1", true, true, SleepMode::suspend};
  EXPECT_EQ(format_intent(intent),
            "down transition=7 boot_id=boot+1 boot=unproven for=proof mode=suspend");
  EXPECT_EQ(parse_intent(format_intent(intent)), intent);
  EXPECT_EQ(parse_intent("down transition=7 boot_id=b mode=nap")->mode, SleepMode::power_off);
  const auto proof =
      format_wake_proof(kStart, WakeMethod::wol, "", seconds(5), SleepMode::hibernate);
  EXPECT_EQ(parse_wake_proof_mode(proof), SleepMode::hibernate);
  EXPECT_EQ(parse_wake_proof_mode(format_wake_proof(kStart)), SleepMode::power_off);
}

}  // namespace
}  // namespace ecokube::core::test
