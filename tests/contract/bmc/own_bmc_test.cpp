// What the real ipmitool prints of a real BMC is what the machine's helper takes it for. The helper
// asks by the machine's own device; here the same words are asked of an ipmi_sim over the loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "common/bounded_run.h"
#include "coordinator/power/ipmitool.h"
#include "lab/bmc/simulated_bmc.h"
#include "node-agent/helpers/bmc_info.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

constexpr const char* kLanProgram = R"sh(#!/bin/sh
[ "$1" = get ] || exit 1
shift
for name; do
  case $name in
    ip_addr) value=$(cat "${0%/*}/address");;
    ip_addr_src) value=dhcp;;
    mac_addr) value=00:25:90:aa:bb:cc;;
    *_mac_addr) value=00:25:90:aa:bb:01;;
    *) value=10.0.0.1;;
  esac
  echo "$name:$value"
done
)sh";

class OwnBmcContract : public testing::Test {
 protected:
  OwnBmcContract() {
    std::filesystem::permissions(dir.write("lan", kLanProgram), std::filesystem::perms(0700));
    dir.write("dev/ipmi0", "");
    at("10.0.0.12");
    options.folder = dir.path();
    options.port = test::must(lab::free_udp_port());
    options.password = "s3cret-1";
    options.guid = "a123456789abcdefa123456789000001";
    options.chassis = "/bin/true";
    options.lan = (dir / "lan").string();
    test::must(lab::write_password_file(dir / "password", options.password));
    sim = test::must(lab::start_simulated_bmc(io.get_executor(), options));
    constexpr int kTries = 10;
    for (int i = 0; i < kTries && !over_lan(); ++i) {
    }
  }
  void at(const std::string& address) { dir.write("address", address + "\n"); }
  /// The GUID as a coordinator reads it.
  Result<std::string> over_lan() {
    const IpmiAccess access{{"127.0.0.1", options.port}, options.user, {dir / "password", ""}, 3};
    return test::run(io, make_ipmitool(io.get_executor(), access)->read_guid(test::kRunLimit));
  }
  agent::BmcAnswer look() {
    return agent::answer_of(dir / "dev", [this](const std::vector<std::string>& words) {
      std::vector<std::string> argv{"ipmitool",
                                    "-I",
                                    "lanplus",
                                    "-H",
                                    "127.0.0.1",
                                    "-p",
                                    std::to_string(options.port),
                                    "-U",
                                    options.user,
                                    "-f",
                                    (dir / "password").string(),
                                    "-C",
                                    "3",
                                    "-L",
                                    "ADMINISTRATOR"};
      argv.insert(argv.end(), words.begin(), words.end());
      constexpr std::size_t kBytesMax = 16UL * 1024;
      return run_bounded(argv, test::kRunLimit, kBytesMax);
    });
  }

  boost::asio::io_context io{1};
  test::TempDir dir;
  lab::SimulatedBmcOptions options;
  std::unique_ptr<ChildProcess> sim;
};

TEST_F(OwnBmcContract, ItsLanAndItsGuidAreReadAsItGivesThem) {
  const auto bmc = look();
  EXPECT_EQ(bmc, (agent::BmcAnswer{true, 1, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 0,
                                   options.guid, ""}));
  EXPECT_EQ(over_lan().value(), bmc.guid) << "in-band and over the LAN it is one GUID";
}

TEST_F(OwnBmcContract, WithoutAnAddressItIsOnNoLan) {
  at("0.0.0.0");
  const auto bmc = look();
  EXPECT_EQ(bmc.address, "");
  EXPECT_EQ(bmc.channel, 1);
  EXPECT_THAT(bmc.problem, testing::HasSubstr("ipmitool lan set 1 ipsrc dhcp"));
}

}  // namespace
}  // namespace ecokube
