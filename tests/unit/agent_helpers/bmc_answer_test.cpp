// Goal: what the helper says of the BMC comes to the agent as it was said, and nothing else passes
// for it.
#include "node-agent/helpers/bmc_answer.h"

#include <gtest/gtest.h>

#include <string>

#include "common/answer_line.h"

namespace ecokube::agent {
namespace {

const std::string kBmcGuid = "a123456789abcdefa123456789000001";

TEST(BmcAnswer, IsALineAndBack) {
  for (const auto& answer :
       {BmcAnswer{}, BmcAnswer{true, 0, "", "", "", 0, "", ""},
        BmcAnswer{true, 1, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 12, kBmcGuid, ""},
        BmcAnswer{true, 8, "", "00:25:90:aa:bb:cc", "static", 0, "", "no address = no LAN"},
        BmcAnswer{false, 0, "", "", "", 0, "", "one question only"}}) {
    auto line = to_line(answer);
    EXPECT_EQ(line.back(), '\n');
    line.pop_back();
    const auto back = parse_bmc_answer(line);
    ASSERT_TRUE(back) << line;
    EXPECT_EQ(*back, answer) << line;
  }
}

TEST(BmcAnswer, IsReadAsItIsWritten) {
  const BmcAnswer full{true, 1, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 12, kBmcGuid, "ha"};
  EXPECT_EQ(to_line(full),
            "bmc=there channel=1 address=10.0.0.12 mac=00:25:90:aa:bb:cc source=dhcp vlan=12 "
            "guid=a123456789abcdefa123456789000001 problem=ha\n");
  EXPECT_EQ(to_line(BmcAnswer{}), "bmc=none\n");
  auto long_one = full;
  long_one.problem = std::string(600, 'p');
  EXPECT_EQ(to_line(long_one).size(), kHelperAnswerMax);
}

TEST(BmcAnswer, TakesNoOtherLine) {
  for (const auto* line :
       {"", "bmc=", "bmc=perhaps", "bmc=none problem=so", "problem=", "address=10.0.0.12",
        "bmc=there address=10.0.0", "bmc=there address=bmc.example",
        "bmc=there address=", "bmc=there mac=00:25:90:aa:bb", "bmc=there source=guess",
        "bmc=there vlan=4095", "bmc=there vlan=0", "bmc=there channel=16", "bmc=there guid=a123",
        "bmc=there guid=A123456789ABCDEFA123456789000001", "bmc=there mac=00:25:90:aa:bb:cc x",
        "bmc=there source=dhcp address=10.0.0.12", "bmc=there problem=a\tb"}) {
    EXPECT_FALSE(parse_bmc_answer(line)) << line;
  }
}

}  // namespace
}  // namespace ecokube::agent
