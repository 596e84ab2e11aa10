#pragma once

#include <systemd/sd-bus.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/error.h"

namespace ecokube::agent {

/// A message of sd-bus, counted.
using BusMessage = std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)>;

struct BusMethod {
  const char* service;
  const char* path;
  const char* interface;
  const char* member;
};

/// A connection to the system's D-Bus that lives on an executor's thread and never blocks it. Where
/// the bus is comes from DBUS_SYSTEM_BUS_ADDRESS, as for every client (dbus-daemon(1)).
class SystemBus : public std::enable_shared_from_this<SystemBus> {
 public:
  using Fill =
      std::function<int(sd_bus_message*)>;  ///< appends the arguments; negative errno fails
  using OnSignal = std::function<void(sd_bus_message*)>;

  [[nodiscard]] static Result<std::shared_ptr<SystemBus>> connect(
      const boost::asio::any_io_executor& executor);
  ~SystemBus();
  SystemBus(const SystemBus&) = delete;
  SystemBus& operator=(const SystemBus&) = delete;

  /// The reply. refused with the peer's words when it says no; unreachable when the bus is lost;
  /// timeout after five seconds.
  [[nodiscard]] boost::asio::awaitable<Result<BusMessage>> call(BusMethod method, Fill fill);
  [[nodiscard]] Result<void> listen(BusMethod signal, OnSignal on_signal);
  /// Every call under way ends; nothing is heard any more.
  void close();

 private:
  struct Call;
  struct Listener {
    OnSignal on_signal;
    sd_bus_slot* slot = nullptr;
  };

  explicit SystemBus(const boost::asio::any_io_executor& executor);
  static int on_reply(sd_bus_message* reply, void* call, sd_bus_error* error);
  static int on_match(sd_bus_message* message, void* listener, sd_bus_error* error);
  void pump();
  void wait();
  void wait_for(boost::asio::posix::stream_descriptor::wait_type what, bool& waiting);

  boost::asio::any_io_executor executor_;
  sd_bus* bus_ = nullptr;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timeout_;
  bool reading_ = false, writing_ = false;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::set<Call*> calls_;  ///< that wait for their reply
};

}  // namespace ecokube::agent
