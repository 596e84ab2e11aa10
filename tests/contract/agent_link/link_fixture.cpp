#include "tests/contract/agent_link/link_fixture.h"
#include "tests/support/must.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <csignal>
#include <future>
#include <thread>

namespace ecokube::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

}  // namespace

Certificates::Certificates() {
  // RawClients write on sockets that the server has closed.
  std::signal(SIGPIPE, SIG_IGN);
  ca = must(lab::make_ca(dir.path(), "ca"));
  other_ca = must(lab::make_ca(dir.path(), "other"));
  const auto make = [&](const lab::CertificateFiles& by, const std::string& stem,
                        std::vector<std::string> sans, bool already_expired = false) {
    lab::CertificateWish wish;
    wish.file_stem = stem;
    wish.sans = std::move(sans);
    wish.already_expired = already_expired;
    return must(lab::make_certificate(dir.path(), by, wish));
  };
  coordinator = make(ca, "coordinator", {"URI:ecokube://coordinator/main"});
  standby = make(ca, "standby", {"URI:ecokube://coordinator/standby"});
  worker1 = make(ca, "worker1", {"URI:ecokube://node/worker1", "IP:127.0.0.1"});
  worker2 = make(ca, "worker2", {"URI:ecokube://node/worker2"});
  stranger = make(other_ca, "stranger", {"URI:ecokube://node/worker1"});
  expired = make(ca, "expired", {"URI:ecokube://node/worker1"}, true);
  expired_coordinator = make(ca, "expired-c", {"URI:ecokube://coordinator/main"}, true);
  no_name = make(ca, "no-name", {"DNS:worker1"});
  bad_name = make(ca, "bad-name", {"URI:ecokube://node/Worker_1"});
  two_names =
      make(ca, "two-names", {"URI:ecokube://node/worker1", "URI:ecokube://coordinator/main"});
}

const Certificates& Certificates::get() {
  static const Certificates certificates;
  return certificates;
}

LinkTest::LinkTest() {
  Certificates::get();
  auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text));
  spdlog::set_default_logger(std::move(logger));
}

LinkTest::~LinkTest() {
  if (server) stop_server();
  // The text it writes into goes with the test.
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("none"));
}

AgentServerOptions LinkTest::server_options() const {
  const auto& made = Certificates::get();
  AgentServerOptions options;
  options.listen_address = "127.0.0.1";
  options.port = 0;
  options.tls = {made.ca.certificate, made.coordinator.certificate, made.coordinator.key};
  options.coordinator_id = "main";
  options.heartbeat_interval = 100ms;
  options.shutdown_reply_timeout = 5s;
  options.handshake_limit = 2s;
  return options;
}

void LinkTest::start_server(AgentServerOptions options) {
  server = make_agent_server(io.get_executor(), std::move(options));
  const auto started = server->start([this](core::Fact fact) { facts.push_back(std::move(fact)); });
  ASSERT_TRUE(started) << started.error().message;
  ASSERT_NE(server->port(), 0);
}

void LinkTest::restart_server() {
  auto options = server_options();
  options.port = server->port();
  stop_server();
  start_server(options);
}

void LinkTest::stop_server() {
  run(io, server->stop());
  server.reset();
}

RawClient::Options LinkTest::client(const lab::CertificateFiles& files) const {
  RawClient::Options options;
  options.ca = Certificates::get().ca.certificate;
  options.certificate = files.certificate;
  options.key = files.key;
  return options;
}

void LinkTest::meanwhile(const std::function<void()>& work) {
  auto ended = std::async(std::launch::async, work);
  EXPECT_TRUE(wait_for([&] { return ended.wait_for(0s) == std::future_status::ready; }));
  ended.get();
}

std::string LinkTest::take_log() {
  auto text = log_text.str();
  log_text.str("");
  return text;
}

AgentProcess::AgentProcess(boost::asio::io_context& io, const TempDir& dir, std::uint16_t port)
    : coordinators{fmt::format("127.0.0.1:{}", port)}, io_(io), dir_(dir) {
  action = {"touch", action_file().string()};
  dir.write("machine-id", "0123456789abcdef0123456789abcdef\n");
  dir.write("proc/sys/kernel/random/boot_id", "5f7d0c1e-aaaa-4bbb-8ccc-0123456789ab\n");
  dir.write("proc/uptime", "100.00 50.00\n");
  dir.write("proc/stat", "cpu 1 0 1 8 0 0 0 0 0 0\n");
  dir.write("sys/class/net/eno1/address", "02:00:00:00:00:11\n");
  dir.write("sys/class/net/eno1/operstate", "up\n");
  fs::create_directories(dir / "hooks");
  fs::create_directories(dir / "sys/fs/cgroup");
  arm(true);
}

void AgentProcess::arm(bool armed) {
  dir_.write("sys/class/net/eno1/device/power/wakeup", armed ? "enabled\n" : "disabled\n");
}

void AgentProcess::hook(const std::string& name, const std::string& script) {
  const auto file = dir_.write("hooks/" + name, "#!/bin/sh\n" + script + "\n");
  ::chmod(file.c_str(), 0755);
}

void AgentProcess::write_config() {
  std::string words;
  for (const auto& word : action) words += fmt::format("\"{}\", ", word);
  dir_.write("agent.toml",
             fmt::format("node_name = \"{8}\"\nlog_level = \"debug\"\n"
                         "state_dir = \"{0}/state\"\nsysfs_root = \"{0}/sys\"\n"
                         "procfs_root = \"{0}/proc\"\nmachine_id_file = \"{0}/machine-id\"\n"
                         "[coordinator]\naddresses = [\"{1}\"]\n"
                         "[tls]\nca = \"{2}\"\ncertificate = \"{3}\"\nkey = \"{4}\"\n"
                         "[power]\nsample_interval_s = 0.1\n{7}"
                         "[shutdown]\nhold_file = \"{0}/hold\"\nhooks_dir = \"{0}/hooks\"\n"
                         "hook_timeout_s = {6}\naction = [{5}]\n"
                         "limits_file = \"{0}/limits.toml\"\n{10}"
                         "[keep_on]\nunits = [\"backup.service\"]\n"
                         "[local]\nsocket = \"{0}/agent.sock\"\n"
                         "[wake]\naddress = \"127.0.10.11:{11}\"\n"
                         "segments = [\"127.0.9.1/24\"]\n{9}",
                         dir_.path().string(), fmt::join(coordinators, "\", \""), ca.string(),
                         files.certificate.string(), files.key.string(), words, hook_timeout_s,
                         power, node_name, wake, extra_shutdown, wake_port));
}

void AgentProcess::start() {
  write_config();
  ChildOptions options;
  options.argv = {ECOKUBE_AGENT, "--config", (dir_ / "agent.toml").string()};
  options.output_file = dir_ / "agent.log";
  options.die_with_parent = true;
  child_ = must(start_child(io_.get_executor(), options));
}

int AgentProcess::terminate() {
  const int status = run(io_, ecokube::terminate(*child_, 10s));
  child_.reset();
  return status;
}

void AgentProcess::kill() { child_.reset(); }

}  // namespace ecokube::test
