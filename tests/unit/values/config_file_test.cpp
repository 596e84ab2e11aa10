#include "common/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(ConfigFile, ReadsEveryKindOfValue) {
  auto file = ConfigFile::parse(R"(
name = "a"
count = 3
on = true
wait_s = 0.25
list = ["x", "y"]
selector = { role = "worker" }
[sub]
name = "b"
[[pool]]
name = "p1"
[[pool]]
name = "p2"
)",
                                "t.toml");
  ASSERT_TRUE(file);
  auto root = file->root();
  EXPECT_EQ(root.required_text("name"), "a");
  EXPECT_EQ(root.integer("count", 0, 0, 10), 3);
  EXPECT_TRUE(root.boolean("on", false));
  EXPECT_EQ(root.seconds("wait_s", seconds(9), seconds(0), seconds(10)), milliseconds(250));
  EXPECT_EQ(root.texts("list"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(root.text_map("selector").at(0),
            (std::pair<std::string, std::string>("role", "worker")));
  EXPECT_EQ(root.table("sub").text("name", ""), "b");
  auto pools = root.tables("pool");
  ASSERT_EQ(pools.size(), 2U);
  EXPECT_EQ(pools[1].text("name", ""), "p2");
  EXPECT_EQ(root.text("absent", "fallback"), "fallback");
  EXPECT_EQ(pools[0].text("name", ""), "p1");
  EXPECT_TRUE(file->finish());
}

TEST(ConfigFile, NamesAllMistakesWithLineAndKey) {
  auto file = ConfigFile::parse("count = \"3\"\n[pool]\nwait_s = -1\nwhat = 1\n", "t.toml");
  ASSERT_TRUE(file);
  auto root = file->root();
  EXPECT_EQ(root.integer("count", 7, 0, 10), 7);
  auto pool = root.table("pool");
  EXPECT_EQ(pool.seconds("wait_s", seconds(1), seconds(0), seconds(10)), seconds(1));
  EXPECT_EQ(pool.required_text("name"), "");
  const auto done = file->finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::config);
  EXPECT_THAT(done.error().message, HasSubstr("t.toml:1:9: count: must be a whole number"));
  EXPECT_THAT(done.error().message, HasSubstr("t.toml:3:10: pool.wait_s: must be seconds"));
  EXPECT_THAT(done.error().message, HasSubstr("t.toml:4:8: pool.what: unknown key"));
  EXPECT_THAT(done.error().message, HasSubstr("pool.name: is missing"));
}

TEST(ConfigFile, BrokenFileAndMissingFileAreConfigurationErrors) {
  const auto broken = ConfigFile::parse("a = \n", "t.toml");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("t.toml:1:"));
  const test::TempDir dir;
  const auto missing = ConfigFile::read(dir / "none.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::config);
  EXPECT_THAT(missing.error().message, HasSubstr("none.toml"));
  EXPECT_TRUE(ConfigFile::read(dir.write("empty.toml", "")));
}

}  // namespace
}  // namespace ecokube
