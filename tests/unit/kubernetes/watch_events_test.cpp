#include "coordinator/kubernetes/watch_events.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

struct Heard {
  std::vector<std::string> lines;
  WatchDecoder decoder{{[this](ChangeType type, const boost::json::object& thing) {
                          lines.push_back(std::to_string(static_cast<int>(type)) + " " +
                                          std::string(find_text(thing, {"metadata", "name"})));
                        },
                        [this](core::Revision revision) {
                          lines.push_back("bookmark " + std::to_string(revision));
                        }},
                       5};
};

const std::string kEvents =
    R"({"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"6"}}})"
    "\n"
    R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}})"
    "\n"
    R"({"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"12"}}})"
    "\n";

// Bytes come in any pieces: each way to cut the stream gives the same events.
TEST(WatchEvents, AnyCutGivesTheSameEvents) {
  for (std::size_t piece = 1; piece <= kEvents.size(); ++piece) {
    Heard heard;
    for (std::size_t at = 0; at < kEvents.size(); at += piece) {
      ASSERT_TRUE(heard.decoder.feed(std::string_view(kEvents).substr(at, piece)));
    }
    EXPECT_EQ(heard.lines, (std::vector<std::string>{"0 a", "bookmark 9", "2 a"}));
    EXPECT_EQ(heard.decoder.revision(), 12);
    EXPECT_EQ(heard.decoder.events(), 3U);
  }
}

TEST(WatchEvents, ExpiredIsGoneAndTheResumePointStays) {
  Heard heard;
  ASSERT_TRUE(heard.decoder.feed(kEvents));
  const auto ended = heard.decoder.feed(
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}})"
      "\n");
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::gone);
  EXPECT_EQ(heard.decoder.revision(), 12);
}

TEST(WatchEvents, RefusesWhatIsNoWatch) {
  for (const auto* line :
       {"nonsense\n", "[]\n", "{\"type\":\"ADDED\"}\n",
        "{\"type\":\"X\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}\n"}) {
    Heard heard;
    const auto ended = heard.decoder.feed(line);
    ASSERT_FALSE(ended) << line;
    EXPECT_EQ(ended.error().code, Errc::protocol);
    EXPECT_EQ(heard.decoder.revision(), 5);
  }
  Heard heard;
  const auto failed = heard.decoder.feed("{\"type\":\"ERROR\",\"object\":{\"code\":500}}\n");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::unreachable);
}

TEST(WatchEvents, EndlessLineIsRefused) {
  Heard heard;
  const std::string piece(1 << 20, 'x');
  Result<void> fed;
  for (int i = 0; i < 32 && fed; ++i) fed = heard.decoder.feed(piece);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, Errc::too_large);
}

}  // namespace
}  // namespace ecokube::kubernetes
