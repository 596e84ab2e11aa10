#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <optional>

#include "ecokube/v1/agent.pb.h"
#include "node-agent/helpers/bmc_answer.h"

namespace ecokube::agent {

struct OwnBmcOptions {
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path socket;                   ///< of ecokube-bmc-info; empty: it is not asked
  std::chrono::milliseconds limit{25'000};        ///< of one question; some BMCs are slow
  std::chrono::milliseconds interval{3'600'000};  ///< from one look to the next
  std::chrono::milliseconds retry{60'000};    ///< the first pause after a problem; then doubling
  std::chrono::milliseconds absent{300'000};  ///< the pause while there is no device
};

/// Has ecokube-bmc-info ask the machine's own management controller where it is on the LAN.
class OwnBmc {
 public:
  OwnBmc(boost::asio::any_io_executor executor, OwnBmcOptions options);

  /// Asks at once and then rarely, until the executor ends.
  boost::asio::awaitable<void> run();
  /// Asks once, where there is a device.
  boost::asio::awaitable<void> look();
  /// nullopt: not known yet, or nobody is asked.
  [[nodiscard]] const std::optional<BmcAnswer>& seen() const { return seen_; }

 private:
  [[nodiscard]] std::chrono::milliseconds pause();

  boost::asio::any_io_executor executor_;
  OwnBmcOptions options_;
  std::optional<BmcAnswer> seen_;
  std::chrono::milliseconds next_retry_;
};

void write_bmc(const BmcAnswer& answer, v1::Bmc& out);

}  // namespace ecokube::agent
