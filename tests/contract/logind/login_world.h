#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

namespace ecokube::test {

/// A machine with a logind, seen from outside: the double of the default tests, or a booted Debian.
class LoginWorld {
 public:
  virtual ~LoginWorld() = default;

  /// Its system bus, as DBUS_SYSTEM_BUS_ADDRESS.
  [[nodiscard]] virtual std::string bus_address() const = 0;
  /// Somebody else takes an inhibitor lock; it is held until the next call of release().
  virtual void inhibit(const std::string& what, const std::string& who,
                       const std::string& mode) = 0;
  virtual void release() = 0;
  /// root logs in on a terminal that nobody touches, until log_out().
  virtual void log_in() = 0;
  virtual void log_out() = 0;
  /// From now on it can suspend; false: this one never can.
  [[nodiscard]] virtual bool learns_to_suspend() = 0;
  [[nodiscard]] virtual int sleeps() = 0;  ///< that it had
  /// Looks for at most ten seconds: it has gone off, by the order of whoever.
  [[nodiscard]] virtual bool goes_off() = 0;
  [[nodiscard]] virtual bool is_on() = 0;
};

[[nodiscard]] std::unique_ptr<LoginWorld> make_login_world(boost::asio::io_context& io);

}  // namespace ecokube::test
