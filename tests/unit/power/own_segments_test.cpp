#include "coordinator/power/own_segments.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

TEST(OwnSegments, LoopbackIsAmongThem) {
  EXPECT_TRUE(own_segments().contains(core::Segment{0x7f000000, 8}));
}

}  // namespace
}  // namespace ecokube
