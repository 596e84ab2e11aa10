// Goal: the kernel itself is asked. Method: a veth in a network namespace of the test's own, which
// knows no Wake-on-LAN; a real NIC is nothing that a test may change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "node-agent/helpers/arm_nic.h"
#include "tests/support/own_network.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

TEST(KernelDriver, SaysThatAVethKnowsNoWakeOnLan) {
  test::TempDir dir;
  std::filesystem::create_directories(dir / "class/net/v0/device");
  std::string question = "arm v0";
  const bool made = test::in_own_network([&] {
    if (std::system("ip link add v0 type veth peer name v1 2>/dev/null") != 0) {
      // Without iproute2 or veth: what each namespace has.
      std::filesystem::create_directories(dir / "class/net/lo/device");
      question = "arm lo";
    }
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto driver = make_kernel_driver(socket);
    const auto wol = driver->get(question.substr(4));
    ASSERT_FALSE(wol);
    EXPECT_EQ(wol.error().code, Errc::unsupported) << wol.error().message;
    EXPECT_EQ(driver->get("v9").error().code, Errc::not_found);
    EXPECT_EQ(driver->get("a-name-that-is-too-long").error().code, Errc::invalid);
    const auto set = driver->set(question.substr(4), {kWakeMagic, kWakeMagic, {}});
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, Errc::unsupported);
    const auto answer = answer_of(parse_nic_question(question).value(), *driver, dir.path());
    EXPECT_TRUE(answer.known);
    EXPECT_FALSE(answer.armed());
    EXPECT_THAT(answer.problem, testing::HasSubstr("its driver knows no Wake-on-LAN"));
    ::close(socket);
  });
  if (!made) GTEST_SKIP() << "a network namespace needs root";
}

}  // namespace
}  // namespace ecokube::agent
