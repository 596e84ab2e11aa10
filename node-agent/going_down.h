#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "ecokube/v1/agent.pb.h"
#include "node-agent/config.h"
#include "node-agent/logind/logind.h"
#include "node-agent/shutdown/resumes.h"

namespace ecokube::agent {

/// What a machine can besides power off.
struct SleepAbilities {
  bool suspend = false, hibernate = false;
  bool operator==(const SleepAbilities&) const = default;
};

/// The last step: this machine goes off or to sleep, by logind or by the configured programs.
class GoingDown {
 public:
  /// All must outlive this; without `logind` the programs are run.
  GoingDown(boost::asio::any_io_executor executor, const Config& config, Logind* logind,
            Resumes& resumes);

  [[nodiscard]] bool can(v1::SleepMode mode) const;
  [[nodiscard]] SleepAbilities abilities() const {
    return {can(v1::SLEEP_MODE_SUSPEND), can(v1::SLEEP_MODE_HIBERNATE)};
  }
  /// Returns if the machine is up: empty when it has slept and is back, else why it never went.
  boost::asio::awaitable<std::string> go(v1::SleepMode mode);

 private:
  boost::asio::awaitable<std::string> begin(v1::SleepMode mode);
  boost::asio::awaitable<std::string> run(std::vector<std::string> argv,
                                          std::chrono::milliseconds limit);
  boost::asio::awaitable<std::string> wait_for_the_end();
  boost::asio::awaitable<std::string> sleep_over(std::uint32_t resumes_before);

  boost::asio::any_io_executor executor_;
  const Config& config_;
  Logind* logind_;
  Resumes& resumes_;
};

}  // namespace ecokube::agent
