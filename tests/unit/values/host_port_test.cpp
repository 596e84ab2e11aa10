#include "common/host_port.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

TEST(HostPort, IsReadWithAndWithoutBrackets) {
  EXPECT_EQ(parse_host_port("coordinator:7443"), (HostPort{"coordinator", 7443}));
  EXPECT_EQ(parse_host_port("127.0.10.11:40009"), (HostPort{"127.0.10.11", 40009}));
  EXPECT_EQ(parse_host_port("[fe80::1]:7"), (HostPort{"fe80::1", 7}));
}

TEST(HostPort, TakesTheDefaultPortWhereNoneIsGiven) {
  EXPECT_EQ(parse_host_port("rack7.example", 9), (HostPort{"rack7.example", 9}));
  EXPECT_EQ(parse_host_port("[fe80::1]", 9), (HostPort{"fe80::1", 9}));
  EXPECT_EQ(parse_host_port("fe80::1", 9), (HostPort{"fe80::1", 9}));
  EXPECT_EQ(parse_host_port("rack7.example:7", 9), (HostPort{"rack7.example", 7}));
  for (const auto* without : {"host", "[::1]", "fe80::1:7443"}) {
    EXPECT_NE(parse_host_port(without).error().message.find("the port is missing"),
              std::string::npos);
  }
}

TEST(HostPort, RefusesWhatItCannotMean) {
  for (const auto* text : {"", ":", ":9", "host:", "host:0", "host:65536", "host:9x", "host:-1",
                           "[::1", "[::1]9", "[::1]:", "[]:1", "a b:1", "a\n:1"}) {
    const auto address = parse_host_port(text, 9);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_EQ(address.error().code, Errc::invalid);
    EXPECT_NE(address.error().message.find("host:port"), std::string::npos);
  }
}

TEST(HostPort, PortZeroIsForListeningOnly) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:0"), (HostPort{"127.0.0.1", 0}));
  EXPECT_EQ(parse_listen_address("127.0.0.1").error().code, Errc::invalid);
}

TEST(HostPort, IsWrittenAsItIsRead) {
  for (const auto* text : {"host:1", "[fe80::1]:65535"}) {
    EXPECT_EQ(parse_host_port(text)->text(), text);
  }
}

}  // namespace
}  // namespace ecokube
