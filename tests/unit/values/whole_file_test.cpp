#include "common/whole_file.h"

#include <gtest/gtest.h>

#include <iterator>
#include <string>

#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

TEST(WholeFile, ReplacesWhatWasThereAndLeavesNothingBeside) {
  const test::TempDir dir;
  const auto file = dir.path() / "address";
  ASSERT_TRUE(write_whole_file(file, "a longer text that was there\n"));
  ASSERT_TRUE(write_whole_file(file, "short\n"));
  EXPECT_EQ(read_whole_file(file), "short\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(WholeFile, IsReadToItsEnd) {
  const test::TempDir dir;
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 100'000}) {
    const std::string text(size, 'x');
    EXPECT_EQ(read_whole_file(dir.write("file", text)), text) << size;
  }
}

TEST(WholeFile, WhatCannotBeReadSaysWhichFileAndWhy) {
  const test::TempDir dir;
  const auto none = read_whole_file(dir.path() / "none");
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, Errc::io);
  EXPECT_NE(none.error().message.find("none: No such file"), std::string::npos);
  const auto folder = read_whole_file(dir.path());
  ASSERT_FALSE(folder.has_value());
  EXPECT_NE(folder.error().message.find("Is a directory"), std::string::npos);
}

TEST(WholeFile, WhatCannotBeWrittenSaysWhichFileAndWhy) {
  const test::TempDir dir;
  const auto written = write_whole_file(dir.path() / "none" / "address", "x");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, Errc::io);
  EXPECT_NE(written.error().message.find("none/address"), std::string::npos);
  EXPECT_NE(written.error().message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace ecokube
