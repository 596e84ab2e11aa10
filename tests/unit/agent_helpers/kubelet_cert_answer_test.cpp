// Goal: what the helper says of the kubelet's certificate comes to the agent as it was said, and
// nothing else passes for it.
#include "node-agent/helpers/kubelet_cert_answer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "common/answer_line.h"

namespace ecokube::agent {
namespace {

const TimePoint kBegin(std::chrono::seconds(1'800'000'000));
const Validity kOneDay{kBegin, kBegin + std::chrono::hours(24)};

TEST(KubeletCertAnswer, IsALineAndBack) {
  for (const auto& answer :
       {KubeletCertAnswer{}, KubeletCertAnswer{kOneDay, ""},
        KubeletCertAnswer{Validity{TimePoint(), kBegin}, ""},
        KubeletCertAnswer{std::nullopt, "/var/lib/kubelet: Permission denied = not read"}}) {
    auto line = to_line(answer);
    EXPECT_EQ(line.back(), '\n');
    line.pop_back();
    const auto back = parse_kubelet_cert_answer(line);
    ASSERT_TRUE(back) << line;
    EXPECT_EQ(*back, answer) << line;
  }
}

TEST(KubeletCertAnswer, IsReadAsItIsWritten) {
  EXPECT_EQ(to_line(KubeletCertAnswer{kOneDay, ""}),
            "kubelet=there not_before=1800000000 not_after=1800086400\n");
  EXPECT_EQ(to_line(KubeletCertAnswer{}), "kubelet=none\n");
  EXPECT_EQ(to_line(KubeletCertAnswer{kOneDay, std::string(600, 'p')}).size(), kHelperAnswerMax);
}

TEST(KubeletCertAnswer, TakesNoOtherLine) {
  for (const auto* line :
       {"", "kubelet=", "kubelet=perhaps", "kubelet=there", "kubelet=none problem=so",
        "problem=", "kubelet=none not_before=1 not_after=2", "not_before=1 not_after=2",
        "kubelet=there not_before=1", "kubelet=there not_after=2 not_before=1",
        "kubelet=there not_before=2 not_after=2", "kubelet=there not_before=-1 not_after=2",
        "kubelet=there not_before=1 not_after=2e9", "kubelet=there not_before=1 not_after=2 x",
        "kubelet=there not_before=1 not_after=253402300800",
        "kubelet=there not_before=1 not_after=2 problem=so", "problem=a\tb"}) {
    EXPECT_FALSE(parse_kubelet_cert_answer(line)) << line;
  }
}

}  // namespace
}  // namespace ecokube::agent
