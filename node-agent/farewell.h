#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "ecokube/v1/agent.pb.h"
#include "node-agent/link/links.h"
#include "node-agent/logind/logind.h"
#include "node-agent/shutdown/last_end.h"
#include "node-agent/shutdown/resumes.h"

namespace ecokube::agent {

/// Tells the coordinators why this machine leaves, when it is not by their order.
class Farewell {
 public:
  /// All must outlive this; `logind` may be nullptr.
  Farewell(std::string boot_id, Resumes& resumes, LastEnd& last_end, Links& links, Logind* logind);

  /// Of this life of the machine.
  [[nodiscard]] v1::Goodbye say(v1::Origin origin);
  /// The agent is being stopped, alone or with its machine.
  boost::asio::awaitable<void> before_stop();
  /// Somebody else puts the machine to sleep, which waits for us.
  boost::asio::awaitable<void> before_sleep();

 private:
  std::string boot_id_;
  Resumes& resumes_;
  LastEnd& last_end_;
  Links& links_;
  Logind* logind_;
};

}  // namespace ecokube::agent
