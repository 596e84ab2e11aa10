#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/http_client.h"
#include "coordinator/power/management_controller.h"

// What a Redfish service (DMTF DSP0266, DSP2046) is asked and what it answers, as text: nothing is
// sent here.
namespace ecokube {

inline constexpr std::string_view kRedfishSystems = "/redfish/v1/Systems";
inline constexpr std::string_view kRedfishSessions = "/redfish/v1/SessionService/Sessions";

/// A ComputerSystem, as far as it matters to us.
struct RedfishSystem {
  std::string power_state;  ///< On, Off, PoweringOn, PoweringOff, Paused; empty: it does not say
  std::string guid;         ///< its UUID as 32 hexadecimal digits; empty: it has none
  std::string etag;
  std::string reset_target;              ///< where ComputerSystem.Reset is posted to
  std::vector<std::string> reset_types;  ///< that it takes; empty: it does not say
  std::vector<std::string> chassis;      ///< paths of those that it is in
};

/// What the body of an answer holds; empty where that is no JSON object.
[[nodiscard]] boost::json::object object_in(std::string_view body);

/// Of the system at `path`. protocol: it is none.
[[nodiscard]] Result<RedfishSystem> system_in(std::string_view path, const HttpResponse& answer);

/// True: On, false: Off. conflict: on its way or paused, so that neither is said. protocol: else.
[[nodiscard]] Result<bool> power_of(const RedfishSystem& system);

/// The path of the only system of a collection. config: there are none or several.
[[nodiscard]] Result<std::string> only_system_in(std::string_view body);

/// Something that may stand in a request line after the method.
[[nodiscard]] bool is_redfish_path(std::string_view path);

[[nodiscard]] std::string_view reset_type(BmcVerb verb);
/// unsupported: the system says what it takes, and this is not among it.
[[nodiscard]] Result<void> takes_reset(const RedfishSystem& system, BmcVerb verb);

[[nodiscard]] std::string reset_body(BmcVerb verb);
[[nodiscard]] std::string login_body(const std::string& user, const std::string& password);
/// The value of an Authorization header.
[[nodiscard]] std::string basic_authorization(const std::string& user, const std::string& password);

enum class RedfishCall { login, read, measure, reset };
/// What an answer of 300 and above says: unauthorized (user or password, or the user may not even
/// read), forbidden (the user may not do that), busy, unsupported, conflict (not while the machine
/// is as it is), config (no such system), refused (any other no), protocol.
[[nodiscard]] Error redfish_error(RedfishCall call, const HttpResponse& answer);

/// After how long a service that can't answer now (429, 503) asks to be tried again, at least a
/// second; nullopt: it does not say, or gives a date of its own clock, which is often wrong.
[[nodiscard]] std::optional<std::chrono::seconds> again_in(const HttpResponse& answer);

/// Where the session that was just made can be deleted; empty: it does not say.
[[nodiscard]] std::string session_path_in(const HttpResponse& answer);

}  // namespace ecokube
