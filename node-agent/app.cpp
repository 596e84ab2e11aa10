#include "node-agent/app.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "common/asio_tuple.h"
#include "common/boot_clock.h"
#include "common/log.h"
#include "common/program.h"
#include "node-agent/discovery.h"
#include "node-agent/farewell.h"
#include "node-agent/give_back.h"
#include "node-agent/identity/renewal.h"
#include "node-agent/link/links.h"
#include "node-agent/local/local_server.h"
#include "node-agent/measuring.h"
#include "node-agent/sample_timer.h"
#include "node-agent/wake_options.h"
#include "node-agent/watchdog.h"
#include "node-agent/way_down.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds kLogindInterval{60};
constexpr std::uint32_t kProtocolVersion = 1;
constexpr std::uint64_t kSettled = 3;  ///< heartbeats until all that comes once is done
constexpr int kExitOk = 0;

class App final : public LinkHost {
 public:
  App(asio::io_context& io, const Config& config, std::string version, TlsContext tls,
      std::string boot_id, const Validity& certificate)
      : io_(io),
        config_(config),
        version_(std::move(version)),
        boot_id_(std::move(boot_id)),
        measuring_(config),
        logind_(config.action.empty() ? std::make_unique<Logind>(io.get_executor(), config.logind)
                                      : nullptr),
        arming_(io.get_executor(), arming_options(config)),
        resumes_(config.state_dir, boot_id_, clock_of_sleeps_, config.roots.sysfs),
        going_down_(io.get_executor(), config_, logind_.get(), resumes_),
        way_down_(io.get_executor(), config, logind_.get(), going_down_),
        last_end_(config.state_dir, boot_id_),
        links_(io.get_executor(), config.coordinators, link_options(std::move(tls)), *this),
        farewell_(boot_id_, resumes_, last_end_, links_, logind_.get()),
        renewal_(io.get_executor(), renewal_options(), certificate),
        clock_(io.get_executor(), clock_options(config, [this] { return certificates(); })),
        discovery_(io.get_executor(), config),
        signals_(io, SIGTERM, SIGINT) {
    if (logind_) discovery_.use_boot_times([this] { return logind_->boot_times(); });
    if (logind_) logind_->on_sleep([this](bool begins) { sleep_by_others(begins); });
    discovery_.use_sleep_abilities([this] { return going_down_.abilities(); });
    way_down_.use_farewell(farewell_);
    discovery_.say_after_crash(last_end_.was_a_crash());
    way_down_.use_last_end(last_end_);
    way_down_.use_links(links_);
    way_down_.use_waking(arming_, clock_);
    way_down_.use_certificate([this] { return certificate_problem(); });
    if (auto id = read_machine_id(config_.roots)) machine_id_ = std::move(*id);
  }

  int run() {
    if (!start_sampling()) return kExitFailed;
    start_local();
    for (auto& link : links_.run()) start("a link", std::move(link));
    if (logind_) start("watching logind", logind_->run(kLogindInterval));
    start("renewing the certificate", renewal_.run());
    start("arming the NICs", arming_.run());
    start("asking the BMC", discovery_.watch_bmc());
    start("asking for the kubelet's certificate", discovery_.watch_kubelet());
    start("waiting for signals", wait_for_signal());
    start("telling the service manager", keep_watchdog(io_.get_executor()));
    io_.run();
    return exit_code_;
  }

  v1::Hello hello() override;
  v1::Heartbeat heartbeat(std::uint64_t session) override;
  Result<std::uint64_t> session_opened(const std::string& coordinator) override;
  void session_closed(std::uint64_t session) override { sessions_.erase(session); }
  void heartbeat_sent(std::uint64_t session, std::uint64_t sequence) override {
    way_down_.heartbeat_sent(session, sequence);
    if (!settled_ && sequence >= kSettled) {
      settled_ = true;
      give_back_memory();
    }
  }
  v1::RelayReply relay_asked(const v1::Relay& relay) override { return discovery_.relay(relay); }
  void fence_seen(std::int64_t fence) override { way_down_.fence_seen(fence); }
  void ca_bundle_seen(const std::string& sha256) override { renewal_.ca_bundle_seen(sha256); }
  void certificate_issued(const v1::Issued& issued) override { renewal_.answered(issued); }
  void shutdown_asked(std::uint64_t session, v1::Shutdown command) override {
    start("a shutdown", way_down_.carry_out(session, std::move(command)));
  }

 private:
  LinkOptions link_options(TlsContext tls) {
    LinkOptions options;
    options.tls = std::move(tls);
    options.company = std::chrono::round<std::chrono::milliseconds>(config_.sample_interval);
    return options;
  }

  RenewalOptions renewal_options() {
    return {config_.tls, config_.node_name, [] { return RealClock().now(); },
            [this](const v1::Renew& message) { return links_.renew(message); },
            [this](const TlsContext& tls) { links_.use(tls); }};
  }

  /// That have to be renewed while this machine is awake.
  [[nodiscard]] std::vector<Validity> certificates() const {
    std::vector<Validity> all{renewal_.validity()};
    if (const auto kubelet = discovery_.kubelet().validity()) all.push_back(*kubelet);
    return all;
  }
  [[nodiscard]] std::string certificate_problem() const {
    auto own = renewal_.veto();
    return own.empty() ? discovery_.kubelet().veto() : own;
  }

  // An exception that nobody expected ends the agent: systemd starts a fresh one.
  void start(const char* what, asio::awaitable<void> work) {
    asio::co_spawn(io_, std::move(work), [this, what](const std::exception_ptr& error) {
      if (!error) return;
      log::thrown(fmt::format("{} failed", what), error);
      exit_code_ = kExitFailed;
      io_.stop();
    });
  }

  [[nodiscard]] bool start_sampling();
  void start_local();
  [[nodiscard]] AgentStatus status() const;
  void sleep_by_others(bool begins);
  asio::awaitable<void> wait_for_signal();

  asio::io_context& io_;
  Config config_;
  std::string version_;
  std::string boot_id_, machine_id_;
  Measuring measuring_;
  std::unique_ptr<Logind> logind_;
  NicArming arming_;
  KernelClock clock_of_sleeps_;
  Resumes resumes_;
  GoingDown going_down_;
  WayDown way_down_;
  LastEnd last_end_;
  Links links_;
  Farewell farewell_;
  Renewal renewal_;
  RtcWaking clock_;
  Discovery discovery_;
  struct Session {
    std::string coordinator;
    std::uint64_t pod_samples_told = 0;
    Discovery::Told told;
  };
  std::map<std::uint64_t, Session> sessions_;  ///< open ones
  std::uint64_t last_session_ = 0;
  asio::signal_set signals_;
  std::unique_ptr<SampleTimer> sampling_;
  std::unique_ptr<LocalServer> local_;
  bool settled_ = false;
  int exit_code_ = kExitOk;
};

bool App::start_sampling() {
  auto timer = SampleTimer::make(io_.get_executor(), config_.sample_interval, [this] {
    measuring_.sample();
    links_.awake();
  });
  if (!timer) {
    log::error("{}", timer.error().message);
    return false;
  }
  measuring_.sample();
  sampling_ = std::move(*timer);
  sampling_->start();
  return true;
}

// Whoever asks on this machine is a help to a person, no more: without it the agent does its work.
void App::start_local() {
  local_ = make_local_server(io_.get_executor(), [this] { return status(); });
  for (const auto& problem : local_->listen(config_.local_socket, config_.metrics_listen)) {
    log::warn("{}", problem);
  }
}

AgentStatus App::status() const {
  AgentStatus status;
  status.node = config_.node_name;
  status.version = version_;
  status.boot_id = boot_id_;
  status.now = boottime_now();
  status.links = links_.status();
  status.fence = way_down_.fence_highest();
  status.waking = arming_.look();
  status.vetoes = way_down_.vetoes(status.waking);
  status.powering_off = way_down_.powering_off();
  status.energy = measuring_.meter().node();
  status.power = measuring_.power();
  status.power_problem = measuring_.meter().why_not_measured();
  status.readings = measuring_.meter().readings();
  status.pods = measuring_.pods().pods();
  return status;
}

// Our own way down says goodbye itself, and comes back by itself.
void App::sleep_by_others(bool begins) {
  if (way_down_.powering_off()) {
    if (begins) logind_->let_sleep();
  } else if (begins) {
    start("leaving for a sleep", farewell_.before_sleep());
  } else {
    (void)resumes_.count();  // at once, also where no coordinator answers
    links_.resume();
  }
}

asio::awaitable<void> App::wait_for_signal() {
  const auto [error, signal] = co_await signals_.async_wait(kTuple);
  if (error) co_return;
  log::info("stopping signal={}", signal);
  if (!way_down_.powering_off()) co_await farewell_.before_stop();
  links_.stop();
  local_->stop();
  io_.stop();
}

// A coordinator takes the newer of two connections of a node and ends the other: two addresses of
// one coordinator would take turns for ever.
Result<std::uint64_t> App::session_opened(const std::string& coordinator) {
  for (const auto& [session, other] : sessions_) {
    if (other.coordinator != coordinator) continue;
    return fail(Errc::conflict, "'" + coordinator +
                                    "' is connected at another address already; give each "
                                    "coordinator one address, and an id of its own");
  }
  sessions_[++last_session_].coordinator = coordinator;
  return last_session_;
}

v1::Hello App::hello() {
  v1::Hello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_machine_id(machine_id_);
  hello.set_boot_id(boot_id_);
  hello.set_resumes(resumes_.count());
  hello.set_fence_highest_seen(way_down_.fence_highest());
  hello.set_agent_version(version_);
  discovery_.write(hello);
  auto& inventory = *hello.mutable_inventory();
  write_nics(arming_.look(), *inventory.mutable_nics());
  inventory.set_cpu_millicores(read_cpu_millicores(config_.roots));
  inventory.set_memory_bytes(read_memory_bytes(config_.roots));
  inventory.set_wake_address(config_.wake_address);
  if (config_.idle) inventory.set_power_idle_milliwatts(config_.idle->milliwatts());
  if (config_.peak) inventory.set_power_peak_milliwatts(config_.peak->milliwatts());
  return hello;
}

v1::Heartbeat App::heartbeat(std::uint64_t session) {
  v1::Heartbeat heartbeat;
  heartbeat.set_boot_id(boot_id_);
  heartbeat.set_resumes(resumes_.count());
  if (const auto uptime = read_uptime(config_.roots)) heartbeat.set_uptime_ms(uptime->count());
  // A reading of now, so that power and uptime speak of the same time.
  measuring_.sample_unless_fresh();
  measuring_.write(heartbeat, boottime_now());
  if (const auto open = sessions_.find(session); open != sessions_.end()) {
    auto& told = open->second.pod_samples_told;
    told = measuring_.write_pods(heartbeat, told);
    discovery_.write(heartbeat, open->second.told);
  }
  const auto waking = arming_.look();
  write_nics(waking, *heartbeat.mutable_nics());
  for (const auto& veto : way_down_.vetoes(waking)) heartbeat.add_vetoes(veto);
  if (logind_) {
    for (const auto& veto : logind_->against_sleep_alone()) heartbeat.add_sleep_vetoes(veto);
  }
  heartbeat.set_fence_highest_seen(way_down_.fence_highest());
  return heartbeat;
}

}  // namespace

int run_agent(const Config& config, const std::string& version) {
  auto tls = make_link_client_context(config.tls);
  if (!tls) {
    log::error("{}", tls.error().message);
    return kExitWrongUse;
  }
  const auto certificate = validity_of_file(config.tls.certificate);
  if (!certificate) {
    log::error("{}", certificate.error().message);
    return kExitWrongUse;
  }
  auto boot_id = read_boot_id(config.roots);
  if (!boot_id) {
    log::error("{}; check procfs_root", boot_id.error().message);
    return kExitWrongUse;
  }
  log::info("agent starts node={} version={} boot_id={}", config.node_name, version, *boot_id);
  asio::io_context io(1);
  App app(io, config, version, std::move(*tls), std::move(*boot_id), *certificate);
  return app.run();
}

}  // namespace ecokube::agent
