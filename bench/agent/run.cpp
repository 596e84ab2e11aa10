#include "bench/agent/run.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "bench/agent/machine_tree.h"
#include "bench/agent/memory_folder.h"
#include "bench/agent/peers.h"
#include "bench/agent/report.h"
#include "bench/machine_facts.h"
#include "bench/play.h"
#include "bench/programs.h"
#include "common/whole_file.h"
#include "coordinator/agents/agent_server.h"
#include "lab/certificates.h"
#include "lab/logind/logind_double.h"
#include "lab/logind/system_bus_process.h"

namespace ecokube::bench {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr int kTries = 30;  // of a second each, until a program is there
constexpr auto kEach = 5s;  // heartbeats and scrapes
constexpr const char* kAgent = "ecokube-agent";
constexpr const char* kBareWaker = "bench-bare-waker";

/// Of this build, beside the program that runs.
fs::path beside_us(const char* file) {
  return fs::read_symlink("/proc/self/exe").parent_path() / file;
}

void say(const std::string& what) {
  fmt::print("==> {}\n", what);
  std::fflush(stdout);
}

/// A port of loopback that was free a moment ago: the exporter can't say which one it took.
std::uint16_t free_port(const asio::any_io_executor& executor) {
  const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
  return asio::ip::tcp::acceptor(executor, any).local_endpoint().port();
}

class Run {
 public:
  Run(asio::any_io_executor executor, const AgentOptions& options, MachineTree tree)
      : executor_(std::move(executor)),
        options_(options),
        tree_(std::move(tree)),
        programs_(executor_, options.folder),
        peers_(executor_, programs_) {}

  asio::awaitable<Result<AgentFigures>> play();
  asio::awaitable<void> end();

 private:
  [[nodiscard]] Result<void> start_server();
  [[nodiscard]] Result<void> start_agent();
  /// As on every machine the system's bus is up, with a logind on it.
  asio::awaitable<Result<void>> start_logind();
  [[nodiscard]] Result<void> start_bare_waker();
  [[nodiscard]] Result<void> start_peers();
  /// Lets `time` go by on the machine of files, with a scrape each 5 s.
  asio::awaitable<Result<void>> live(std::chrono::seconds time);
  /// Until the agent has sent a heartbeat and the peers tell energy; who tells none is left out.
  asio::awaitable<Result<void>> all_up();
  [[nodiscard]] Result<std::map<std::string, WorkCost>> work() const;
  [[nodiscard]] std::vector<std::string> measured() const;

  asio::any_io_executor executor_;
  const AgentOptions& options_;
  MachineTree tree_;
  Programs programs_;
  std::optional<lab::SystemBusProcess> bus_;
  std::unique_ptr<lab::LogindDouble> logind_;
  Peers peers_;
  lab::CertificateFiles ca_;
  std::unique_ptr<AgentServer> server_;
  std::size_t heartbeats_ = 0;
  std::size_t scrapes_ = 0;
};

Result<void> Run::start_server() {
  auto ca = lab::make_ca(options_.folder, "ca");
  if (!ca) return std::unexpected(std::move(ca.error()));
  ca_ = *ca;
  auto ours = lab::make_certificate(
      options_.folder, ca_,
      {.file_stem = "coordinator", .sans = {"URI:ecokube://coordinator/main"}});
  if (!ours) return std::unexpected(std::move(ours.error()));
  AgentServerOptions server;
  server.listen_address = "127.0.0.1";
  server.port = 0;
  server.tls = {ca_.certificate, ours->certificate, ours->key};
  server.coordinator_id = "main";
  server.heartbeat_interval = kEach;
  server_ = make_agent_server(executor_, std::move(server));
  return server_->start([this](const core::Fact& fact) {
    if (std::holds_alternative<core::AgentHeartbeat>(fact)) ++heartbeats_;
  });
}

Result<void> Run::start_agent() {
  auto files = lab::make_certificate(
      options_.folder, ca_, {.file_stem = "worker1", .sans = {"URI:ecokube://node/worker1"}});
  if (!files) return std::unexpected(std::move(files.error()));
  const auto folder = fs::absolute(options_.folder).string();
  auto written = write_whole_file(
      options_.folder / "agent.toml",
      fmt::format("node_name = \"worker1\"\nstate_dir = \"{0}/state\"\n"
                  "sysfs_root = \"{1}\"\nprocfs_root = \"{2}\"\nmachine_id_file = \"{3}\"\n"
                  "[coordinator]\naddresses = [\"127.0.0.1:{4}\"]\n"
                  "[tls]\nca = \"{0}/ca.crt\"\ncertificate = \"{0}/worker1.crt\"\n"
                  "key = \"{0}/worker1.key\"\n[power]\nsample_interval_s = 1\n"
                  "[shutdown]\nhold_file = \"{0}/hold\"\n"
                  "hooks_dir = \"{0}/hooks\"\nlimits_file = \"{0}/limits.toml\"\n"
                  "[local]\nsocket = \"{0}/agent.sock\"\n",
                  folder, fs::absolute(tree_.sysfs()).string(),
                  fs::absolute(tree_.procfs()).string(), fs::absolute(tree_.machine_id()).string(),
                  server_->port()));
  if (!written) return written;
  return programs_.start(
      kAgent, {(options_.programs / kAgent).string(), "--config", folder + "/agent.toml"},
      {{"DBUS_SYSTEM_BUS_ADDRESS", bus_->address()}});
}

asio::awaitable<Result<void>> Run::start_logind() {
  auto bus = lab::SystemBusProcess::start(executor_, options_.folder);
  if (!bus) co_return std::unexpected(std::move(bus.error()));
  bus_.emplace(*std::move(bus));
  for (int i = 0; i < kTries && !bus_->listens(); ++i) {
    if (auto done = co_await live(1s); !done) co_return done;
  }
  auto logind = lab::LogindDouble::start(bus_->address());
  if (!logind) co_return std::unexpected(std::move(logind.error()));
  logind_ = *std::move(logind);
  co_return Result<void>{};
}

Result<void> Run::start_bare_waker() { return programs_.start({beside_us(kBareWaker).string()}); }

Result<void> Run::start_peers() {
  for (const auto& text : options_.missing) {
    const auto end_of_name = text.find('=');
    if (end_of_name == std::string::npos || end_of_name == 0) {
      return fail(Errc::config, "--missing is NAME=WHY, not " + text);
    }
    peers_.leave_out(text.substr(0, end_of_name), text.substr(end_of_name + 1));
  }
  const auto port = [this] { return free_port(executor_); };
  if (const auto& program = options_.exporter; !program.empty()) {
    peers_.start(node_exporter_peer(program, tree_, port()));
  }
  if (const auto& program = options_.scaphandre; !program.empty()) {
    const bool modules = fs::exists("/proc/modules");
    const auto preload = modules ? fs::path() : beside_us("bench-empty-modules.so");
    peers_.start(scaphandre_peer(program, tree_, port(), preload));
  }
  if (const auto& program = options_.kepler; !program.empty()) {
    peers_.start(kepler_peer(program, tree_, port(), options_.folder / "kepler"));
  }
  return {};
}

asio::awaitable<Result<void>> Run::live(std::chrono::seconds time) {
  asio::steady_timer timer(executor_);
  auto next = std::chrono::steady_clock::now();
  for (std::int64_t second = 1; second <= time.count(); ++second) {
    timer.expires_at(next += 1s);
    co_await timer.async_wait(asio::use_awaitable);
    if (auto done = tree_.second(); !done) co_return done;
    if (second % kEach.count() != 0) continue;
    if (auto done = programs_.all_run(); !done) co_return done;
    if (auto done = co_await peers_.scrape(); !done) co_return done;
    if (!peers_.names().empty()) ++scrapes_;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Run::all_up() {
  bool peers_tell = false;
  for (int i = 0; i < kTries && (heartbeats_ == 0 || !peers_tell); ++i) {
    if (auto done = co_await live(1s); !done) co_return done;
    peers_tell = co_await peers_.all_tell();
  }
  peers_.leave_out_silent();
  if (heartbeats_ > 0) co_return Result<void>{};
  co_return fail(Errc::timeout, fmt::format("the agent sent no heartbeat; its words are in {}",
                                            (options_.folder / kAgent).string() + ".log"));
}

std::vector<std::string> Run::measured() const {
  auto names = peers_.names();
  names.insert(names.end(), {kAgent, kBareWaker});
  return names;
}

Result<std::map<std::string, WorkCost>> Run::work() const {
  std::map<std::string, WorkCost> all;
  for (const auto& name : measured()) {
    auto cost = work_cost(programs_.pid(name));
    if (!cost) return std::unexpected(std::move(cost.error()));
    all[name] = *cost;
  }
  return all;
}

asio::awaitable<Result<AgentFigures>> Run::play() {
  if (auto done = co_await start_logind(); !done) {
    co_return std::unexpected(std::move(done.error()));
  }
  for (auto step :
       {&Run::start_server, &Run::start_agent, &Run::start_bare_waker, &Run::start_peers}) {
    if (auto done = (this->*step)(); !done) co_return std::unexpected(std::move(done.error()));
  }
  auto lived = co_await all_up();
  say(fmt::format("{} s to settle", options_.settle.count()));
  if (lived) lived = co_await live(options_.settle);
  if (!lived) co_return std::unexpected(std::move(lived.error()));
  const auto before = work();
  const auto heard = heartbeats_;
  const auto scraped = scrapes_;
  say(fmt::format("{} s in which they are measured", options_.measured.count()));
  lived = co_await live(options_.measured);
  if (!lived) co_return std::unexpected(std::move(lived.error()));
  const auto after = work();
  if (!before || !after) co_return std::unexpected(before ? after.error() : before.error());
  AgentFigures figures;
  figures.heartbeats = heartbeats_ - heard;
  figures.scrapes = scrapes_ - scraped;
  figures.missing = peers_.missing();
  figures.processes = count_processes();
  const auto seconds = static_cast<double>(options_.measured.count());
  for (const auto& name : measured()) {
    auto memory = memory_cost(programs_.pid(name));
    if (!memory) co_return std::unexpected(std::move(memory.error()));
    const std::chrono::duration<double> cpu = after->at(name).cpu - before->at(name).cpu;
    const auto woken = after->at(name).wakeups - before->at(name).wakeups;
    const ProgramFigures program{*memory, 100 * cpu.count() / seconds,
                                 static_cast<double>(woken) / seconds, after->at(name).threads};
    figures.peers[name] = program;
  }
  figures.ours = figures.peers.extract(kAgent).mapped();
  figures.bare_waker = figures.peers.extract(kBareWaker).mapped();
  co_return figures;
}

asio::awaitable<void> Run::end() {
  co_await programs_.end_all();
  if (server_) co_await server_->stop();
}

}  // namespace

Result<void> run_agent_bench(const AgentOptions& options) {
  std::error_code error;
  fs::remove_all(options.folder, error);
  fs::create_directories(options.folder / "hooks", error);
  const auto memory = MemoryFolder::make();
  if (!memory) return std::unexpected(memory.error());
  auto tree = MachineTree::make(memory->path(), options.pods);
  if (!tree) return std::unexpected(std::move(tree.error()));
  asio::io_context io(1);
  Run run(io.get_executor(), options, *std::move(tree));
  auto figures = play<AgentFigures>(io, run);
  if (!figures) return std::unexpected(std::move(figures.error()));
  return report(options, *figures);
}

}  // namespace ecokube::bench
