// Goal: until when the kubelet is let in is asked rarely, and often while it keeps the machine from
// its sleep; what is not known keeps it from nothing.
#include "node-agent/identity/kubelet_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/support/helper_double.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using namespace std::chrono_literals;
using test::HelperDouble;
using testing::HasSubstr;

/// A day's certificate: it has to be renewed four hours before its end.
constexpr const char* kThere = "kubelet=there not_before=1800000000 not_after=1800086400";
const TimePoint kBegins(std::chrono::seconds(1'800'000'000));
const Validity kOfADay{kBegins, kBegins + 24h};

struct KubeletCertificateTest : testing::Test {
  test::TempDir dir;
  boost::asio::io_context io{1};
  TimePoint now = kBegins + 1h;
  KubeletCertificateOptions options;
  std::string answer = kThere;
  HelperDouble helper{io, dir / "kubelet.sock",
                      [this](const std::string&) -> std::optional<std::string> {
                        if (answer.empty()) return std::nullopt;
                        return answer;
                      }};

  KubeletCertificateTest() {
    options.socket = dir / "kubelet.sock";
    options.now = [this] { return now; };
    options.limit = 10s;
  }
  KubeletCertificate looked() {
    KubeletCertificate kubelet(io.get_executor(), options);
    EXPECT_FALSE(kubelet.known());
    EXPECT_EQ(kubelet.veto(), "");
    test::run(io, kubelet.look());
    return kubelet;
  }
  /// Those asked within `time`.
  std::size_t asked_within(std::chrono::milliseconds time) {
    const auto before = helper.asked().size();
    io.restart();
    io.run_for(time);
    return helper.asked().size() - before;
  }
};

TEST_F(KubeletCertificateTest, IsKnownAsTheHelperSays) {
  const auto kubelet = looked();
  EXPECT_EQ(kubelet.validity(), kOfADay);
  EXPECT_EQ(helper.asked(), std::vector<std::string>{"until"});
  v1::KubeletCertificate message;
  write_kubelet_certificate(*kubelet.seen(), message);
  EXPECT_TRUE(message.present());
  EXPECT_EQ(message.not_before_s(), 1'800'000'000);
  EXPECT_EQ(message.not_after_s(), 1'800'086'400);
  answer = "kubelet=none";
  const auto none = looked();
  EXPECT_TRUE(none.known());
  EXPECT_EQ(none.validity(), std::nullopt);
  v1::KubeletCertificate nothing;
  write_kubelet_certificate(*none.seen(), nothing);
  EXPECT_FALSE(nothing.present());
}

TEST_F(KubeletCertificateTest, VetoesOnceItHasToBeRenewedUntilItIs) {
  auto kubelet = looked();
  now = kOfADay.not_after - 4h - 1s;
  EXPECT_EQ(kubelet.veto(), "");
  now += 1s;
  EXPECT_THAT(kubelet.veto(), HasSubstr("ends in 4 h; it would not be renewed while"));
  now = kOfADay.not_after - 40min;
  EXPECT_EQ(kubelet.veto(),
            "the kubelet's certificate ends in 40 min; it would not be renewed while this machine "
            "sleeps");
  now = kOfADay.not_after + 72h;
  EXPECT_THAT(kubelet.veto(), HasSubstr("ended 3 days ago"));
  answer = "kubelet=there not_before=1800345600 not_after=1800432000";
  test::run(io, kubelet.look());
  EXPECT_EQ(kubelet.veto(), "") << "it was renewed";
}

TEST_F(KubeletCertificateTest, WhatIsNotKnownVetoesNothing) {
  now = kOfADay.not_after;
  auto kubelet = looked();
  EXPECT_NE(kubelet.veto(), "");
  answer = "problem=/var/lib/kubelet: no permission";
  test::run(io, kubelet.look());
  EXPECT_FALSE(kubelet.known());
  EXPECT_EQ(kubelet.veto(), "");
  EXPECT_EQ(kubelet.validity(), std::nullopt);
  answer = "kubelet=there not_before=yesterday";
  EXPECT_THAT(looked().seen()->problem, HasSubstr("none of ecokube-kubelet-cert's"));
  answer.clear();
  options.limit = 300ms;
  EXPECT_THAT(looked().seen()->problem, HasSubstr("no answer within 300 ms"));
  options.socket = dir / "nowhere.sock";
  EXPECT_THAT(looked().seen()->problem, HasSubstr("enable --now ecokube-kubelet-cert.socket"));
  options.socket.clear();
  KubeletCertificate nobody(io.get_executor(), options);
  test::run(io, nobody.run());
  EXPECT_EQ(nobody.seen(), std::nullopt) << "nobody is asked";
}

TEST_F(KubeletCertificateTest, IsAskedOftenWhileItVetoesAndThenRarely) {
  options.soon = 1ms;
  options.interval = 1h;
  KubeletCertificate kubelet(io.get_executor(), options);
  boost::asio::co_spawn(io, kubelet.run(), boost::asio::detached);
  ASSERT_TRUE(test::run_until(io, [&] { return kubelet.known(); }));
  EXPECT_EQ(asked_within(100ms), 0U) << "it is an hour to the next";
  now = kOfADay.not_after - 1h;
  ASSERT_TRUE(test::run_until(io, [&] { return helper.asked().size() >= 4; }))
      << "the veto begins in the pause";
  answer = "kubelet=there not_before=1800082800 not_after=1800169200";
  ASSERT_TRUE(test::run_until(io, [&] { return kubelet.veto().empty(); }));
  EXPECT_EQ(asked_within(100ms), 0U);
}

TEST_F(KubeletCertificateTest, IsAskedLessAndLessWhileThereIsAProblem) {
  answer = "problem=no";
  options.soon = 1ms;
  options.interval = 1h;
  KubeletCertificate kubelet(io.get_executor(), options);
  boost::asio::co_spawn(io, kubelet.run(), boost::asio::detached);
  ASSERT_TRUE(test::run_until(io, [&] { return helper.asked().size() >= 4; }));
  EXPECT_LT(asked_within(200ms), 10U);
  EXPECT_EQ(kubelet.seen()->problem, "no");
}

}  // namespace
}  // namespace ecokube::agent
