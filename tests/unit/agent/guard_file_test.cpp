// Goal: a restarted agent knows the fence and the commands it had seen, or says that it does not.
#include "node-agent/shutdown/guard_file.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

TEST(GuardFile, ComesBackAsWritten) {
  test::TempDir dir;
  const auto state = dir / "state/deep";
  EXPECT_EQ(load_guard_memory(state).value(), GuardMemory{});
  for (const auto& memory :
       {GuardMemory{41, {"a:1", "b:2"}, {1764000000, 1764000600}}, GuardMemory{42, {}, {}}}) {
    ASSERT_TRUE(save_guard_memory(state, memory));
    EXPECT_EQ(load_guard_memory(state).value(), memory);
  }
}

TEST(GuardFile, EachCutOrBrokenFileIsSaid) {
  test::TempDir dir;
  ASSERT_TRUE(save_guard_memory(dir.path(), GuardMemory{41, {"a:1", "b:2"}, {1764000000}}));
  const auto whole = test::read_text(dir / "shutdown-guard");
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    dir.write("shutdown-guard", whole.substr(0, length));
    EXPECT_FALSE(load_guard_memory(dir.path())) << length;
  }
  for (const auto* broken : {"fence -1\n", "fence 1\noff yesterday\n", "fence 1\non 2\n"}) {
    dir.write("shutdown-guard", "ecokube-shutdown-guard 1\n" + std::string(broken) + "end\n");
    EXPECT_FALSE(load_guard_memory(dir.path())) << broken;
  }
}

TEST(GuardFile, SaysWhereItCannotWrite) {
  test::TempDir dir;
  dir.write("file", "");
  const auto saved = save_guard_memory(dir / "file", GuardMemory{1, {}, {}});
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().message.find((dir / "file").string()), std::string::npos);
}

}  // namespace
}  // namespace ecokube::agent
