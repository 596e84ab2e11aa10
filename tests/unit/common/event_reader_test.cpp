// Goal: of a stream of events each one's data is given once, when the event is whole.
#include "common/event_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ecokube {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct EventReaderTest : testing::Test {
  std::vector<std::string> given;
  std::size_t enough = 100;
  EventReader reader{[this](std::string_view data) {
    given.emplace_back(data);
    return given.size() < enough;
  }};
};

constexpr std::string_view kStream =
    "retry: 2000\n\nid: 7\nevent: state\ndata: {\"a\": 1}\n\n: still here\n\ndata: {}\n\n";

TEST_F(EventReaderTest, GivesTheDataOfEachHoweverTheStreamIsCut) {
  EXPECT_TRUE(reader.take(kStream));
  EXPECT_THAT(given, ElementsAre("{\"a\": 1}", "{}"));
  given.clear();
  for (const char byte : kStream) EXPECT_TRUE(reader.take({&byte, 1}));
  EXPECT_THAT(given, ElementsAre("{\"a\": 1}", "{}"));
}

TEST_F(EventReaderTest, GivesNothingOfOneThatIsNotWhole) {
  EXPECT_TRUE(reader.take("id: 7\ndata: {}\n"));
  EXPECT_THAT(given, IsEmpty());
  EXPECT_TRUE(reader.take("\n"));
  EXPECT_THAT(given, ElementsAre("{}"));
}

TEST_F(EventReaderTest, SaysWhenItIsEnough) {
  enough = 1;
  EXPECT_FALSE(reader.take(kStream));
  EXPECT_THAT(given, ElementsAre("{\"a\": 1}"));
}

}  // namespace
}  // namespace ecokube
