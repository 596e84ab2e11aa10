#include "common/frame.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

TEST(Frame, SurvivesAnyCuttingOfTheStream) {
  const std::string body(300, 'x');
  const std::string stream = *encode_frame(body) + *encode_frame("second");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameDecoder decoder;
    std::vector<std::string> got;
    for (const auto& part : {stream.substr(0, cut), stream.substr(cut)}) {
      decoder.feed(part);
      for (auto next = decoder.next(); next && *next; next = decoder.next()) {
        got.push_back(**next);
      }
    }
    ASSERT_EQ(got, (std::vector<std::string>{body, "second"})) << "cut at " << cut;
    ASSERT_FALSE(decoder.has_partial());
  }
}

TEST(Frame, LengthIsBigEndian) {
  EXPECT_EQ(encode_frame(std::string(258, 'a'))->substr(0, 4), std::string("\0\0\1\2", 4));
}

TEST(Frame, OversizedAndEmptyFramesAreRefusedFromTheHeaderAlone) {
  FrameDecoder oversized;
  oversized.feed(std::string("\0\1\0\1", 4));
  EXPECT_EQ(oversized.next().error().code, Errc::too_large);
  FrameDecoder empty;
  empty.feed(std::string(4, '\0'));
  EXPECT_EQ(empty.next().error().code, Errc::protocol);
  EXPECT_FALSE(encode_frame(std::string(kFrameBytesMax + 1, 'a')));
  EXPECT_TRUE(encode_frame(std::string(kFrameBytesMax, 'a')));
}

TEST(Frame, TruncatedStreamIsSeen) {
  FrameDecoder decoder;
  decoder.feed(encode_frame("hello")->substr(0, 6));
  EXPECT_EQ(*decoder.next(), std::nullopt);
  EXPECT_TRUE(decoder.has_partial());
}

}  // namespace
}  // namespace ecokube
