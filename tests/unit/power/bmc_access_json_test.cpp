#include "coordinator/power/bmc_access_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

namespace ecokube {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

const std::string kPin = "sha256:" + std::string(64, 'a');

std::vector<BmcAccess> each_way() {
  const IpmiAccess old{{"10.0.0.12", 6230}, "power", {"/etc/ecokube/bmc/w2", ""}, 3};
  RedfishAccess pinned;
  pinned.address = {"fd00::13", 443};
  pinned.user = "power";
  pinned.password = {"", "BMC_W3", "s3cret"};
  pinned.trust.fingerprint = kPin;
  pinned.session = true;
  RedfishAccess blade = pinned;
  blade.trust = {"", "/etc/ecokube/bmc-ca.crt"};
  blade.system = "/redfish/v1/Systems/2";
  blade.session = false;
  const ExecAccess plug{"w4", "/usr/local/lib/plug", {{"PLUG", "10.0.0.77"}, {"A", ""}}};
  return {old, pinned, blade, plug};
}

TEST(BmcAccessJson, IsReadAsItWasWritten) {
  for (auto access : each_way()) {
    const auto document = bmc_access_json(access);
    if (auto* redfish = std::get_if<RedfishAccess>(&access)) redfish->password.taken.clear();
    const auto read = bmc_access_in("w4", document);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, access) << json::serialize(document);
  }
}

TEST(BmcAccessJson, SaysWhereAPasswordIsAndNeverThePassword) {
  const auto pinned = json::serialize(bmc_access_json(each_way()[1]));
  EXPECT_THAT(pinned, HasSubstr(R"("password_env":"BMC_W3")"));
  EXPECT_THAT(pinned, Not(HasSubstr("s3cret")));
}

TEST(BmcAccessJson, FilesAreNamedForWhoStandsInAnotherFolder) {
  IpmiAccess bmc{{"10.0.0.12", 623}, "power", {"bmc/../w2", ""}, 17};
  const auto document = bmc_access_json(bmc);
  EXPECT_EQ(document.at("password_file").as_string(),
            (std::filesystem::current_path() / "w2").string());
}

TEST(BmcAccessJson, WhatIsLeftOutIsAsInTheConfiguration) {
  const auto bmc = bmc_access_in("w1", json::parse(R"({"protocol": "ipmi", "address": "b1",
      "user": "power", "password_file": "/p"})")
                                           .as_object());
  ASSERT_TRUE(bmc) << bmc.error().message;
  EXPECT_EQ(*bmc, (BmcAccess{IpmiAccess{{"b1", kIpmiPort}, "power", {"/p", ""}, 17}}));
}

/// One key of a good document set to `value`; what is said of it.
std::string said_of(std::size_t way, const std::string& key, const std::string& value) {
  auto document = bmc_access_json(each_way()[way]);
  document[key] = json::parse(value);
  const auto read = bmc_access_in("w1", document);
  if (read) return "it was read";
  EXPECT_EQ(read.error().code, Errc::invalid);
  return read.error().message;
}

TEST(BmcAccessJson, WhateverElseStandsThereIsNamed) {
  struct Bad {
    std::size_t way;
    const char *key, *value, *what;
  };
  const std::vector<Bad> bad{
      {0, "protocol", R"("snmp")", "must be ipmi, redfish or exec"},
      {0, "protocol", "7", "must be a text"},
      {0, "address", R"("")", "is missing"},
      {0, "address", R"("-oProxy")", "may not begin with '-'"},
      {0, "address", R"("a\nb")", "must be a text of one line"},
      {0, "user", R"("-f")", "may not begin with '-'"},
      {0, "user", R"("a\u0000b")", "must be a text of one line"},
      {0, "user", "[]", "must be a text of one line"},
      {0, "port", "0", "must be a number from 1 to 65535"},
      {0, "port", "65536", "must be a number from 1 to 65535"},
      {0, "port", R"("623")", "must be a number from 1 to 65535"},
      {0, "cipher_suite", "0", "must be a number from 1 to 17"},
      {0, "password_file", R"("")", "and not both"},
      {0, "password_env", R"("A")", "and not both"},
      {1, "password_env", R"("ECOKUBE_X")", "is no name of a variable"},
      {1, "password_env", R"("1=2")", "is no name of a variable"},
      {1, "fingerprint", R"("sha256:12")", "is no SHA-256"},
      {1, "ca", R"("/ca.crt")", "and not both"},
      {1, "auth", R"("none")", "must be basic or session"},
      {2, "ca", R"("")", "and not both"},
      {2, "system", R"("http://x/")", "is no path"},
      {3, "program", R"("plug")", "must be an absolute path"},
      {3, "env", R"({"LD PRELOAD": "x"})", "must be names of variables"},
      {3, "env", R"({"A": 1})", "must be names of variables"},
  };
  for (const auto& [way, key, value, what] : bad) {
    const auto said = said_of(way, key, value);
    EXPECT_THAT(said, HasSubstr(what)) << key << " " << value;
  }
  EXPECT_FALSE(bmc_access_in("w1", {}));
}

}  // namespace
}  // namespace ecokube
