#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/http_client.h"

namespace ecokube::lab {

/// A Redfish service of one machine, as DSP0266 and the schema ComputerSystem have it, over HTTPS
/// on 127.0.0.1: service root, sessions and basic authentication, Systems, ComputerSystem.Reset.
/// Its systems are in the chassis /redfish/v1/Chassis/1.
struct RedfishServiceOptions {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::uint16_t port = 0;  ///< 0 picks one
  std::string user = "power";
  std::string password;
  std::string uuid;
  /// A command with its arguments, as SimulatedBmcOptions::chassis.
  std::vector<std::string> chassis;
  std::vector<std::string> systems{"1"};  ///< all are this machine
  std::vector<std::string> reset_types{"On", "ForceOff", "GracefulShutdown"};
  bool takes_basic = true;
  bool wants_etag = false;  ///< a reset names the state that it means (RFC 6585, 428)
  /// A reset is answered with 202 before it is carried out; else with 204 after it.
  bool asynchronous = false;
  std::size_t sessions_max = 4;
  std::map<std::string, std::string> resources = {};  ///< what else is there, JSON by its path
};

class RedfishService {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RedfishService>> start(
      boost::asio::any_io_executor executor, RedfishServiceOptions options);
  virtual ~RedfishService() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// May be changed at any time, but for the first four.
  [[nodiscard]] virtual RedfishServiceOptions& options() = 0;
  /// What it was asked, "GET /redfish/v1/Systems/1" and so on, all since its start.
  [[nodiscard]] virtual const std::vector<std::string>& requests() const = 0;
  /// The next request by this method gets this instead.
  virtual void answer_next(const std::string& method, HttpResponse answer) = 0;
  /// PowerState, whatever the machine's power is; empty: as that is.
  virtual void say_power(const std::string& state) = 0;
  /// As after an idle time or a restart of its own.
  virtual void end_sessions() = 0;
  [[nodiscard]] virtual std::size_t sessions() const = 0;
};

/// The body of an error with one message of the registry Base.
[[nodiscard]] HttpResponse redfish_no(int status, const std::string& message_id,
                                      const std::string& message);

}  // namespace ecokube::lab
