#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "coordinator/agents/agent_server.h"
#include "lab/certificates.h"
#include "tests/contract/agent_link/raw_client.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// Certificates made once for all tests of the program.
struct Certificates {
  TempDir dir;
  lab::CertificateFiles ca, other_ca;
  lab::CertificateFiles coordinator, standby, worker1, worker2, stranger, expired,
      expired_coordinator;
  lab::CertificateFiles no_name, bad_name, two_names;

  Certificates();
  static const Certificates& get();
};

/// A coordinator's end in this process; agents are real processes or RawClients.
class LinkTest : public testing::Test {
 protected:
  LinkTest();
  ~LinkTest() override;

  [[nodiscard]] AgentServerOptions server_options() const;
  void start_server(AgentServerOptions options);
  void stop_server();
  void restart_server();  ///< on the same port

  [[nodiscard]] RawClient::Options client(const lab::CertificateFiles& files) const;
  /// Runs `work` on a thread while this one serves; the test fails when it does not end.
  void meanwhile(const std::function<void()>& work);
  bool wait_for(const std::function<bool()>& done) { return run_until(io, done); }

  template <class Fact>
  std::vector<Fact> seen() const {
    std::vector<Fact> found;
    for (const auto& fact : facts) {
      if (const auto* one = std::get_if<Fact>(&fact)) found.push_back(*one);
    }
    return found;
  }
  /// What the coordinator logged since the last call.
  std::string take_log();

  boost::asio::io_context io{1};
  TempDir dir;
  std::vector<core::Fact> facts;
  std::unique_ptr<AgentServer> server;
  std::ostringstream log_text;
};

/// A machine's files and the real agent on them.
class AgentProcess {
 public:
  AgentProcess(boost::asio::io_context& io, const TempDir& dir, std::uint16_t port);

  /// Changed before start().
  std::vector<std::string> coordinators;
  std::string hook_timeout_s = "0.3";
  lab::CertificateFiles files = Certificates::get().worker1;
  std::filesystem::path ca = Certificates::get().ca.certificate;
  std::string node_name = "worker1";
  std::vector<std::string> action;
  std::string extra_shutdown;  ///< more of [shutdown]
  std::uint16_t wake_port = 40009;
  std::string wake;                                         ///< more of [wake]
  std::string power = "idle_watts = 6\npeak_watts = 15\n";  ///< of [power]

  void start();
  /// Exit code after SIGTERM; 137 when it had to be killed.
  int terminate();
  void kill();
  void arm(bool armed);
  void hook(const std::string& name, const std::string& script);
  [[nodiscard]] std::string log() const { return read_text(dir_ / "agent.log"); }
  [[nodiscard]] std::filesystem::path hold_file() const { return dir_ / "hold"; }
  [[nodiscard]] std::filesystem::path action_file() const { return dir_ / "powered-off"; }
  [[nodiscard]] bool running() { return child_ && child_->running(); }

 private:
  void write_config();
  boost::asio::io_context& io_;
  const TempDir& dir_;
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace ecokube::test
