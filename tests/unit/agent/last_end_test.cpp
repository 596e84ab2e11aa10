// Whether the boot before this one came to a proper end, over boots and restarts of the agent.
#include "node-agent/shutdown/last_end.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using test::TempDir;

TEST(LastEnd, AFirstBootIsAfterNothing) {
  const TempDir dir;
  EXPECT_FALSE(LastEnd(dir.path(), "boot-1").was_a_crash());
}

TEST(LastEnd, AProperEndIsNoCrash) {
  const TempDir dir;
  LastEnd(dir.path(), "boot-1").ends();
  EXPECT_FALSE(LastEnd(dir.path(), "boot-2").was_a_crash());
}

TEST(LastEnd, WithoutAWordItIsOneForAsLongAsTheNextBootLasts) {
  const TempDir dir;
  (void)LastEnd(dir.path(), "boot-1");
  EXPECT_TRUE(LastEnd(dir.path(), "boot-2").was_a_crash());
  EXPECT_TRUE(LastEnd(dir.path(), "boot-2").was_a_crash()) << "the agent was restarted";
  LastEnd(dir.path(), "boot-2").ends();
  EXPECT_FALSE(LastEnd(dir.path(), "boot-3").was_a_crash());
}

TEST(LastEnd, APowerOffThatFailsIsNoEnd) {
  const TempDir dir;
  LastEnd end(dir.path(), "boot-1");
  end.ends();
  end.stays();
  EXPECT_TRUE(LastEnd(dir.path(), "boot-2").was_a_crash());
}

TEST(LastEnd, WhatCannotBeReadIsNoCrash) {
  const TempDir dir;
  dir.write("last-end", "nonsense");
  EXPECT_FALSE(LastEnd(dir.path(), "boot-1").was_a_crash());
  EXPECT_FALSE(LastEnd(dir.path() / "none", "boot-1").was_a_crash());
}

}  // namespace
}  // namespace ecokube::agent
