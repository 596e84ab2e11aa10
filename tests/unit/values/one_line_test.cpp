#include "common/one_line.h"

#include <gtest/gtest.h>

#include <string>

namespace ecokube {
namespace {

TEST(OneLine, TakesAnyTextWithoutControlCharacters) {
  for (const auto* text : {"", " ", "two words ~", "größer", "\x80\xff"}) {
    EXPECT_TRUE(is_one_line(text)) << text;
  }
}

TEST(OneLine, RefusesEachControlCharacter) {
  for (char control = 0; control < ' '; ++control) {
    EXPECT_FALSE(is_one_line(std::string("a") + control + "b")) << int{control};
  }
  EXPECT_FALSE(is_one_line("a\x7f"));
}

}  // namespace
}  // namespace ecokube
