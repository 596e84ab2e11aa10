// Goal: what the helper says of a NIC comes to the agent as it was said, and nothing else is taken
// for an answer.
#include "node-agent/helpers/nic_answer.h"

#include <gtest/gtest.h>

#include <string>

#include "common/answer_line.h"

namespace ecokube::agent {
namespace {

TEST(NicAnswer, IsALineAndBack) {
  NicAnswer armed{true, 0x2f, 0x20, Wakeup::enabled, ""};
  EXPECT_EQ(to_line(armed), "supports=pumbg wol=g wakeup=enabled\n");
  NicAnswer unarmed{true, 0xff, 0, Wakeup::none, "eno1 is not armed; do this = that"};
  EXPECT_EQ(to_line(unarmed),
            "supports=pumbagsf wol=d wakeup=none problem=eno1 is not armed; do this = that\n");
  NicAnswer nothing{false, 0, 0, Wakeup::none, "there is no NIC eno9"};
  EXPECT_EQ(to_line(nothing), "problem=there is no NIC eno9\n");
  for (const auto& answer : {armed, unarmed, nothing}) {
    auto line = to_line(answer);
    line.pop_back();
    EXPECT_EQ(parse_nic_answer(line).value(), answer);
  }
}

TEST(NicAnswer, IsArmedByMagicPacketsAloneAndAnOpenSwitch) {
  const NicAnswer good{true, 0x2f, 0x20, Wakeup::enabled, ""};
  EXPECT_TRUE(good.armed());
  auto no_switch = good, off = good, by_unicast = good, unknown = good;
  no_switch.wakeup = Wakeup::none;
  off.wakeup = Wakeup::disabled;
  by_unicast.enabled = 0x02;
  unknown.known = false;
  EXPECT_TRUE(no_switch.armed()) << "some drivers need none";
  EXPECT_FALSE(off.armed());
  EXPECT_FALSE(by_unicast.armed());
  EXPECT_FALSE(unknown.armed());
  EXPECT_FALSE(unknown.supports_magic());
}

TEST(NicAnswer, IsBounded) {
  NicAnswer answer{false, 0, 0, Wakeup::none, std::string(2000, 'x')};
  EXPECT_EQ(to_line(answer).size(), kHelperAnswerMax);
  EXPECT_EQ(to_line(answer).back(), '\n');
}

TEST(NicAnswer, RefusesWhatIsNone) {
  for (const auto* line :
       {"", "supports=g", "supports=g wol=g", "supports=g wol=g wakeup=maybe", "supports= wol=g",
        "supports=gx wol=g wakeup=none", "supports=g wol= wakeup=none", "problem=", "problem",
        "supports=g wol=g wakeup=none more", "wol=g supports=g wakeup=none", "problem=a\033[2J"}) {
    EXPECT_FALSE(parse_nic_answer(line)) << line;
  }
}

}  // namespace
}  // namespace ecokube::agent
