#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/mac_address.h"
#include "common/secure_on.h"

namespace ecokube {

/// Magic packets as Ethernet frames, one for each MAC on each interface.
struct RawFrames {
  std::vector<std::string> interfaces;
  std::vector<MacAddress> macs;
  std::optional<SecureOn> secure_on;
};

/// Has ecokube-raw-wake send them, one after the other. Nobody waits for it: packets are repeated,
/// and go by UDP besides. What is sent is logged, and what is not once.
class RawWaking {
 public:
  /// `socket` is the helper's; empty: nothing is sent, and that is no problem.
  RawWaking(boost::asio::any_io_executor executor, std::filesystem::path socket);

  void send(const RawFrames& frames);
  /// Why the latest frames were not sent on one of these; empty: they were, as far as is known.
  [[nodiscard]] std::string problem(const std::vector<std::string>& interfaces) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ecokube
