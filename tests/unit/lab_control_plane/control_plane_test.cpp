#include "lab/real/kubernetes/control_plane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "tests/support/temp_dir.h"

namespace ecokube::lab {
namespace {

using testing::HasSubstr;

class ControlPlaneTest : public testing::Test {
 protected:
  ControlPlaneTest() {
    options_.program = dir_.write("kubernetes", "");
    options_.folder = dir_.path();
  }

  boost::asio::io_context io_{1};
  test::TempDir dir_;
  ControlPlaneOptions options_;
};

TEST_F(ControlPlaneTest, ListensOnLoopbackOnly) {
  for (const char* address : {"0.0.0.0", "10.0.0.1", "localhost", ""}) {
    options_.address = address;
    const auto refused = make_control_plane(io_.get_executor(), options_);
    ASSERT_FALSE(refused) << address;
    EXPECT_EQ(refused.error().code, Errc::config);
    EXPECT_THAT(refused.error().message, HasSubstr("expected a loopback IPv4 address"));
  }
}

TEST_F(ControlPlaneTest, ListensElsewhereInANetworkOfItsOwn) {
  options_.address = "10.0.0.1";
  options_.own_network = true;
  EXPECT_TRUE(make_control_plane(io_.get_executor(), options_));
  options_.address = "localhost";
  EXPECT_FALSE(make_control_plane(io_.get_executor(), options_)) << "no address";
}

}  // namespace
}  // namespace ecokube::lab
