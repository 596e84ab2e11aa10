#include "common/whole_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(WholeFile, ReplacesWhatWasThereAndLeavesNothingBeside) {
  const test::TempDir dir;
  const auto file = dir.path() / "address";
  ASSERT_TRUE(write_whole_file(file, "a longer text that was there\n"));
  ASSERT_TRUE(write_whole_file(file, "short\n"));
  EXPECT_EQ(content(file), "short\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
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
