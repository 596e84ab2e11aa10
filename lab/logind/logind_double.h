#pragma once

#include <memory>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// The few methods of logind and systemd that an agent calls, on a bus of the lab's own and a
/// thread of its own: org.freedesktop.login1(5), org.freedesktop.systemd1(5). Nobody is logged in
/// at first, and the machine cannot suspend.
class LogindDouble {
 public:
  /// `bus` is its address, "unix:path=/...".
  [[nodiscard]] static Result<std::unique_ptr<LogindDouble>> start(const std::string& bus);
  virtual ~LogindDouble() = default;

  /// A new inhibitor lock, held until the descriptor that is returned is closed.
  [[nodiscard]] virtual int lock(const std::string& what, const std::string& who,
                                 const std::string& mode) = 0;
  virtual void set_logged_in(bool somebody) = 0;
  virtual void set_can_suspend(bool it_can) = 0;
  [[nodiscard]] virtual bool is_off() const = 0;
  [[nodiscard]] virtual int sleeps() const = 0;  ///< that it had
};

}  // namespace ecokube::lab
