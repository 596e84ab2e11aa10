#include "common/mac_address.h"

#include <gtest/gtest.h>

#include "common/names.h"

namespace ecokube {
namespace {

TEST(MacAddress, ReadsBothSeparatorsAndCases) {
  const auto mac = MacAddress::parse("AA:bb:0c:DD:ee:01");
  ASSERT_TRUE(mac);
  EXPECT_EQ(mac->text(), "aa:bb:0c:dd:ee:01");
  EXPECT_EQ(MacAddress::parse("aa-bb-0c-dd-ee-01"), mac);
  EXPECT_EQ(MacAddress::from_bytes(mac->raw()), mac);
}

TEST(MacAddress, RefusesWhatIsNone) {
  for (const auto* text : {"", "aa:bb:cc:dd:ee", "aa:bb:cc:dd:ee:fg", "aa:bb:cc:dd:ee:ff:00",
                           "aabbccddeeff", "+1:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee: f"}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
  EXPECT_FALSE(MacAddress::from_bytes("12345"));
}

TEST(NodeName, IsAnRfc1123Subdomain) {
  EXPECT_TRUE(is_node_name("worker-1.rack2"));
  EXPECT_TRUE(is_node_name(std::string(253, 'a')));
  for (const auto& bad :
       {std::string(), std::string(254, 'a'), std::string("Worker"), std::string("-a"),
        std::string("a."), std::string("a/b"), std::string("a b"), std::string("a\nb")}) {
    EXPECT_FALSE(is_node_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace ecokube
