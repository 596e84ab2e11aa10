// What a Redfish service's answers mean. The same against a service is in tests/contract/bmc.
#include "coordinator/power/redfish_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/bmc/redfish_service.h"

namespace ecokube {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPath = "/redfish/v1/Systems/1";

HttpResponse answer(int status, std::string body = "", HttpHeaders headers = {}) {
  return {status, std::move(headers), std::move(body)};
}

TEST(RedfishText, ASystemAsVendorsWriteIt) {
  const auto system = system_in(kPath, answer(200, R"({"@odata.id": "/redfish/v1/Systems/1",
    "@odata.etag": "W/\"5\"", "UUID": "4C4C4544-0051-3510-8052-B4C04F303732", "PowerState": "On",
    "Oem": {"PowerState": "Off"}, "Actions": {"#ComputerSystem.Reset": {"target": "/r/x",
    "ResetType@Redfish.AllowableValues": ["On", "ForceOff", 7]}}})"));
  ASSERT_TRUE(system);
  EXPECT_EQ(system->guid, "4c4c4544005135108052b4c04f303732");
  EXPECT_EQ(system->etag, "W/\"5\"");
  EXPECT_EQ(system->reset_target, "/r/x");
  EXPECT_EQ(system->reset_types, (std::vector<std::string>{"On", "ForceOff"}));
  EXPECT_EQ(power_of(*system), true);
  EXPECT_TRUE(takes_reset(*system, BmcVerb::on));
  const auto soft = takes_reset(*system, BmcVerb::soft);
  ASSERT_FALSE(soft);
  EXPECT_EQ(soft.error().code, Errc::unsupported);
  EXPECT_EQ(soft.error().message, "it takes On, ForceOff, not GracefulShutdown");
}

TEST(RedfishText, WhatASystemLeavesOut) {
  const auto system = system_in(kPath, answer(200, R"({"PowerState": "Off", "UUID": null,
    "Actions": {"#ComputerSystem.Reset": {"target": "http://elsewhere/"}}})",
                                              {{"ETag", "\"1\""}}));
  ASSERT_TRUE(system);
  EXPECT_EQ(system->guid, "");
  EXPECT_EQ(system->etag, "\"1\"");
  EXPECT_EQ(system->reset_target, "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset");
  EXPECT_TRUE(takes_reset(*system, BmcVerb::soft)) << "it says so itself if it does not";
  for (const auto* none : {"", "[]", "{}", "{\"Members\": []}", "<html>"}) {
    EXPECT_EQ(system_in(kPath, answer(200, none)).error().code, Errc::protocol) << none;
  }
}

TEST(RedfishText, OnlyOnAndOffAreReadings) {
  const auto power = [](const std::string& state) {
    RedfishSystem system;
    system.power_state = state;
    return power_of(system);
  };
  EXPECT_EQ(power("On"), true);
  EXPECT_EQ(power("Off"), false);
  for (const auto* between : {"PoweringOn", "PoweringOff", "Paused"}) {
    EXPECT_EQ(power(between).error().code, Errc::conflict) << between;
  }
  for (const auto* none : {"", "on", "Standby"}) {
    EXPECT_EQ(power(none).error().code, Errc::protocol) << none;
  }
}

TEST(RedfishText, TheOnlySystemIsTaken) {
  EXPECT_EQ(only_system_in(R"({"Members": [{"@odata.id": "/redfish/v1/Systems/437X"}]})"),
            "/redfish/v1/Systems/437X");
  const auto two = only_system_in(R"({"Members": [{"@odata.id": "/a"}, {"@odata.id": "/b"}]})");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, Errc::config);
  EXPECT_THAT(two.error().message, HasSubstr("bmc_system to one: /a, /b"));
  EXPECT_EQ(only_system_in(R"({"Members": []})").error().code, Errc::config);
  EXPECT_EQ(only_system_in(R"({"Members": [{"@odata.id": "//evil/x y"}]})").error().code,
            Errc::config);
  EXPECT_EQ(only_system_in("{}").error().code, Errc::protocol);
}

TEST(RedfishText, StatusesAreToldApart) {
  using Call = RedfishCall;
  const std::tuple<Call, int, const char*, Errc> answers[] = {
      {Call::read, 401, "NoValidSession", Errc::unauthorized},
      {Call::read, 403, "InsufficientPrivilege", Errc::unauthorized},
      {Call::login, 401, "", Errc::unauthorized},
      {Call::login, 403, "PasswordChangeRequired", Errc::unauthorized},
      {Call::reset, 403, "InsufficientPrivilege", Errc::forbidden},
      {Call::read, 404, "ResourceMissingAtURI", Errc::config},
      {Call::reset, 404, "", Errc::unsupported},
      {Call::login, 404, "", Errc::unsupported},
      {Call::reset, 405, "", Errc::unsupported},
      {Call::reset, 400, "ActionParameterValueNotInList", Errc::unsupported},
      {Call::reset, 400, "InvalidOperationForSystemState", Errc::conflict},
      {Call::login, 400, "CreateLimitReachedForResource", Errc::busy},
      {Call::reset, 409, "InvalidOperationForSystemState", Errc::conflict},
      {Call::reset, 412, "", Errc::conflict},
      {Call::reset, 428, "", Errc::conflict},
      {Call::read, 429, "", Errc::busy},
      {Call::read, 500, "InternalError", Errc::busy},
      {Call::read, 501, "", Errc::unsupported},
      {Call::read, 503, "ServiceTemporarilyUnavailable", Errc::busy},
      {Call::read, 301, "", Errc::protocol},
      {Call::read, 418, "", Errc::refused},
  };
  for (const auto& [call, status, id, code] : answers) {
    EXPECT_EQ(redfish_error(call, lab::redfish_no(status, id, "")).code, code) << status << id;
  }
}

TEST(RedfishText, AConflictThatSaysWhenToComeAgainIsABusyOne) {
  auto later = lab::redfish_no(409, "ResourceInUse", "It\nis in use.");
  later.headers.emplace_back("Retry-After", "30");
  const auto error = redfish_error(RedfishCall::reset, later);
  EXPECT_EQ(error.code, Errc::busy);
  EXPECT_EQ(error.message, "HTTP 409: It is in use. (asks to be left alone for 30 s)");
}

TEST(RedfishText, WhoCanNotAnswerNowSaysForHowLong) {
  auto later = lab::redfish_no(503, "", "");
  EXPECT_EQ(again_in(later), std::nullopt);
  const auto asked = [&](int status, const std::string& when) {
    later.status = status;
    later.headers = {{"Retry-After", when}};
    return again_in(later);
  };
  EXPECT_EQ(asked(503, "30"), std::chrono::seconds(30));
  EXPECT_EQ(asked(429, "0"), std::chrono::seconds(1)) << "not in a loop";
  EXPECT_EQ(asked(503, "99999999999"), std::chrono::hours(24));
  for (const auto* none :
       {"", "-1", "3 s", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"})
    EXPECT_EQ(asked(503, none), std::nullopt) << none;
  EXPECT_EQ(asked(409, "30"), std::nullopt) << "the order would be another";
}

TEST(RedfishText, ASessionIsWhereTheServiceSays) {
  const auto at = [](const std::string& location, const std::string& body) {
    return session_path_in({201, {{"Location", location}}, body});
  };
  const std::string path = "/redfish/v1/SessionService/Sessions/7";
  EXPECT_EQ(at(path, ""), path);
  EXPECT_EQ(at("https://10.0.0.13" + path, ""), path);
  EXPECT_EQ(at("", R"({"@odata.id":")" + path + "\"}"), path);
  for (const auto* none : {"", "7", "https://10.0.0.13", "//evil/x", "/a b"})
    EXPECT_EQ(at(none, "{}"), "") << none;
}

TEST(RedfishText, PathsCantBreakARequestApart) {
  EXPECT_TRUE(is_redfish_path(kPath));
  for (const auto* bad : {"", "x", "//host/x", "/a b", "/a\r\nX: y", "http://host/"}) {
    EXPECT_FALSE(is_redfish_path(bad)) << bad;
  }
}

TEST(RedfishText, WhatIsSent) {
  EXPECT_EQ(reset_body(BmcVerb::on), R"({"ResetType":"On"})");
  EXPECT_EQ(reset_body(BmcVerb::soft), R"({"ResetType":"GracefulShutdown"})");
  EXPECT_EQ(reset_body(BmcVerb::off), R"({"ResetType":"ForceOff"})");
  EXPECT_EQ(login_body("a\"b", "c\\d"), R"({"UserName":"a\"b","Password":"c\\d"})");
  // RFC 7617's own example.
  EXPECT_EQ(basic_authorization("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(basic_authorization("a", ""), "Basic YTo=");
}

}  // namespace
}  // namespace ecokube
