// What only BMCs that speak IPMI are asked for and say; the rest is in bmc_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "coordinator/power/ipmitool.h"
#include "coordinator/power/password.h"
#include "tests/contract/bmc/test_bmc.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class IpmiTest : public testing::Test {
 protected:
  Error failure(IpmiAccess access, milliseconds limit = milliseconds(5000)) {
    const auto asked = make_ipmitool(io.get_executor(), std::move(access));
    const auto answer = test::run(io, asked->read_power(limit));
    EXPECT_FALSE(answer);
    return answer ? Error{} : answer.error();
  }

  Result<MeasuredPower> watts(const std::string& reading) {
    bmc.say_dcmi(reading);
    const auto asked = make_ipmitool(io.get_executor(), bmc.ipmi());
    return test::watts_of(io, *asked);
  }

  boost::asio::io_context io{1};
  test::IpmiTestBmc bmc{io};
};

TEST_F(IpmiTest, AWrongPasswordAndAForeignCipherSuiteAreToldApart) {
  auto access = bmc.ipmi();
  access.password.file = bmc.dir() / "wrong";
  ASSERT_TRUE(lab::write_password_file(access.password.file, "wrong"));
  const auto wrong = failure(access);
  EXPECT_EQ(wrong.code, Errc::unauthorized);
  EXPECT_THAT(wrong.message, HasSubstr("the password is wrong"));
  access = bmc.ipmi();
  access.cipher_suite = 17;  // this one takes 3 at most
  const auto suite = failure(access);
  EXPECT_EQ(suite.code, Errc::unsupported);
  EXPECT_THAT(suite.message, HasSubstr("bmc_cipher_suite"));
  bmc.kill();
  EXPECT_THAT(failure(bmc.ipmi()).message, HasSubstr("does not answer"));
}

TEST_F(IpmiTest, APasswordFileThatOthersMayReadIsNotUsed) {
  auto access = bmc.ipmi();
  std::filesystem::permissions(access.password.file, std::filesystem::perms(0640));
  const auto open = failure(access);
  EXPECT_EQ(open.code, Errc::config);
  EXPECT_THAT(open.message, HasSubstr("chmod 600"));
  access.password.file = bmc.dir() / "none";
  EXPECT_EQ(failure(access).code, Errc::config);
  access.password.file = bmc.dir().path();
  EXPECT_EQ(failure(access).code, Errc::config);
}

TEST_F(IpmiTest, APasswordMayStandInAVariable) {
  auto access = bmc.ipmi();
  const auto password = test::read_text(access.password.file);
  access.password = {"", "TEST_BMC_PASSWORD"};
  const auto missing = failure(access);
  EXPECT_EQ(missing.code, Errc::config);
  EXPECT_THAT(missing.message, HasSubstr("TEST_BMC_PASSWORD"));
  ::setenv("TEST_BMC_PASSWORD", password.c_str(), 1);
  take_passwords({&access.password});
  EXPECT_EQ(::getenv("TEST_BMC_PASSWORD"), nullptr) << "other programs are not to see it";
  const auto asked = make_ipmitool(io.get_executor(), access);
  const auto power = test::run(io, asked->read_power(milliseconds(5000)));
  EXPECT_TRUE(power) << power.error().message;
  ::setenv("IPMITOOL_PASSWORD", "another's", 1);
  const auto again = test::run(io, asked->read_power(milliseconds(5000)));
  EXPECT_TRUE(again) << again.error().message;
  ::unsetenv("IPMITOOL_PASSWORD");
  access.password.taken = "wrong";
  EXPECT_EQ(failure(access).code, Errc::unauthorized);
}

TEST_F(IpmiTest, OneThatIsFrozenDoesNotAnswer) {
  bmc.signal(SIGSTOP);
  EXPECT_EQ(failure(bmc.ipmi()).code, Errc::unreachable);
  bmc.signal(SIGCONT);
}

TEST_F(IpmiTest, DcmiSaysWhatTheMachineDrawsNowAndNotItsMean) {
  const MeasuredPower now{Power::watts(212), "dcmi"};
  EXPECT_EQ(watts("212 184 activated"), now);
}

TEST_F(IpmiTest, AFigureOfDcmiThatStandsForNoneIsNone) {
  for (const auto* none : {"0 0 deactivated", "212 184 deactivated", "0 184 activated",
                           "65535 184 activated", "32767 184 activated"}) {
    const auto said = watts(none);
    ASSERT_FALSE(said) << none;
    EXPECT_EQ(said.error().code, Errc::refused) << said.error().message;
  }
  EXPECT_THAT(watts("0 0 deactivated").error().message, HasSubstr("deactivated"));
}

TEST_F(IpmiTest, OneWithoutDcmiIsToldApartFromOneThatFails) {
  const auto none = watts("");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::unsupported);
  EXPECT_THAT(none.error().message, HasSubstr("power watts: DCMI request failed because: Invalid"));
  bmc.kill();
  EXPECT_EQ(watts("212 184 activated").error().code, Errc::unreachable);
}

}  // namespace
}  // namespace ecokube
