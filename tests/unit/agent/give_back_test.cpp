#include "node-agent/give_back.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace ecokube::agent {
namespace {

/// Rss of smaps_rollup, in kB.
long resident_kb() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  std::string line;
  while (std::getline(rollup, line)) {
    if (line.starts_with("Rss:")) return std::stol(line.substr(4));
  }
  return 0;
}

std::string sentence_of(const testing::Test& test) {
  std::ostringstream out;
  out << test.HasFailure() << ' ' << 1.5;
  return out.str();
}

TEST(GiveBack, TakesPagesAwayThatNobodyWroteToAndNothingElse) {
  const auto text = std::make_unique<std::string>(100'000, 'x');
  const auto before_text = sentence_of(*this);
  const auto before = resident_kb();
  ASSERT_GT(before, 0);
  give_back_memory();
  const auto after = resident_kb();
  constexpr long kLeastKb = 500;  // of code that only the start of this program needs
  EXPECT_LT(after, before - kLeastKb);
  // What was relocated and written is as it was; what was code comes back.
  EXPECT_EQ(*text, std::string(100'000, 'x'));
  EXPECT_EQ(sentence_of(*this), before_text);
  EXPECT_THROW(throw std::string("unwound through given back tables"), std::string);
}

}  // namespace
}  // namespace ecokube::agent
