#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "common/child_process.h"
#include "common/error.h"

namespace ecokube::lab {

/// A dbus-daemon of its own, on which everybody may own and send everything. It ends with this.
class SystemBusProcess {
 public:
  /// Its socket, configuration and log lie in `folder`, whose path is short enough for a socket.
  [[nodiscard]] static Result<SystemBusProcess> start(const boost::asio::any_io_executor& executor,
                                                      const std::filesystem::path& folder);
  /// As DBUS_SYSTEM_BUS_ADDRESS (dbus-daemon(1)).
  [[nodiscard]] std::string address() const { return "unix:path=" + socket_.string(); }
  /// The socket is there before the daemon listens to it.
  [[nodiscard]] bool listens() const;

 private:
  std::filesystem::path socket_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace ecokube::lab
