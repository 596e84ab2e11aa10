#include "lab/machine/machine_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/boot_clock.h"
#include "common/json_lines.h"
#include "common/log.h"
#include "lab/machine/descendants.h"
#include "lab/machine/magic_packet_check.h"
#include "lab/machine/power_machine.h"
#include "lab/machine/power_socket.h"
#include "lab/machine/programs.h"
#include "lab/machine/system_files.h"
#include "lab/machine/wake_port.h"

namespace ecokube::lab {

namespace {

constexpr Duration kSampleInterval{250};
constexpr Duration kEnergyEventInterval{1000};
constexpr std::chrono::milliseconds kKillLimit{5000};
constexpr double kMicrojoulesPerJoule = 1e6;
constexpr double kMilliwattsPerWatt = 1e3;

double joules(Energy energy) {
  return static_cast<double>(energy.microjoules()) / kMicrojoulesPerJoule;
}

double watts(Power power) { return static_cast<double>(power.milliwatts()) / kMilliwattsPerWatt; }

/// SIGTERM, SIGINT and SIGCHLD become readable instead of interrupting.
int make_signal_descriptor() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

class PollingMachine final : public MachineProcess {
 public:
  explicit PollingMachine(MachineConfig config)
      : config_(std::move(config)),
        machine_(config_.settings),
        meter_(config_.power, config_.energy_range_uj, clock_.now()),
        files_(config_.folder),
        programs_(config_.programs) {}

  ~PollingMachine() override {
    for (const int fd : {signals_, wake_, power_}) {
      if (fd >= 0) ::close(fd);
    }
  }

  Result<void> run() override;

 private:
  Result<void> open();
  [[nodiscard]] int poll_timeout_ms() const;
  void read_signals();
  void read_wake_port();
  std::string obey(std::string_view word);
  void sample(TimePoint now);
  void settle_energy(TimePoint now);
  void write_energy_event();
  void act(const PowerMachine::Happenings& happenings);
  void boot(const Happening& happening);
  void power_gone(const Happening& happening);
  void warn_if_failed(const Result<void>& done);

  MachineConfig config_;
  RealClock clock_;
  PowerMachine machine_;
  PowerMeter meter_;
  SystemFiles files_;
  Programs programs_;
  JsonLines truth_;
  std::string boot_id_;
  PowerState metered_state_ = PowerState::off;
  std::int64_t busy_millicores_ = 0;
  TimePoint booted_at_;
  TimePoint next_sample_;
  TimePoint next_energy_event_;
  int signals_ = -1, wake_ = -1, power_ = -1;
  bool stopping_ = false;
};

Result<void> PollingMachine::open() {
  if (!config_.truth_log.empty()) {
    auto truth = JsonLines::open(config_.truth_log, "machine/" + config_.name);
    if (!truth) return std::unexpected(truth.error());
    truth_ = std::move(*truth);
  }
  if (auto done = files_.create(config_.mac, config_.wake_armed, meter_, config_.energy_range_uj);
      !done) {
    return done;
  }
  auto wake = bind_wake_port(config_.wake);
  if (!wake) return std::unexpected(wake.error());
  wake_ = *wake;
  auto power = listen_on_power_socket(power_socket_path(config_.folder));
  if (!power) return std::unexpected(power.error());
  power_ = *power;
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    return fail(Errc::io, std::string("becoming a subreaper: ") + std::strerror(errno));
  }
  signals_ = make_signal_descriptor();
  return {};
}

Result<void> PollingMachine::run() {
  if (auto done = open(); !done) return done;
  const PowerModel& model = config_.power;
  truth_.write("machine_started", {{"mac", config_.mac.text()},
                                   {"idle_watts", watts(model.idle)},
                                   {"peak_watts", watts(model.peak)},
                                   {"off_watts", watts(model.off)}});
  if (config_.starts_on) act(machine_.power_on(clock_.now(), "start"));
  while (!stopping_) {
    std::array<pollfd, 3> waiting{{{signals_, POLLIN, 0}, {wake_, POLLIN, 0}, {power_, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), poll_timeout_ms()) < 0 && errno != EINTR) {
      return fail(Errc::io, std::string("poll: ") + std::strerror(errno));
    }
    act(machine_.tick(clock_.now()));
    if (waiting[0].revents != 0) read_signals();
    if (waiting[1].revents != 0) read_wake_port();
    if (waiting[2].revents != 0) {
      serve_power_client(power_, [this](std::string_view word) { return obey(word); });
    }
    const TimePoint now = clock_.now();
    programs_.tick(now);
    if (now >= next_sample_) sample(now);
  }
  settle_energy(clock_.now());
  write_energy_event();
  truth_.write("machine_stopped", {{"state", to_string(machine_.state())}});
  if (!kill_all_below(kKillLimit)) log::error("node={} not all programs ended", config_.name);
  ::unlink(power_socket_path(config_.folder).c_str());
  return {};
}

int PollingMachine::poll_timeout_ms() const {
  TimePoint next = next_sample_;
  if (const auto deadline = machine_.deadline()) next = std::min(next, *deadline);
  return static_cast<int>(
      std::clamp<std::int64_t>((next - clock_.now()).count(), 0, kSampleInterval.count()));
}

void PollingMachine::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo != SIGCHLD) stopping_ = true;
  }
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    programs_.ended(pid, status, clock_.now());
  }
}

void PollingMachine::read_wake_port() {
  constexpr std::size_t kDatagramMax = 2048;
  std::array<std::uint8_t, kDatagramMax> bytes{};
  for (ssize_t got = 0; (got = ::recv(wake_, bytes.data(), bytes.size(), 0)) >= 0;) {
    const std::span packet(bytes.data(), static_cast<std::size_t>(got));
    if (auto right = check_magic_packet(packet, config_.mac); !right) {
      log::warn("node={} packet ignored: {}", config_.name, right.error().message);
      truth_.write("packet_invalid", {{"why", right.error().message}});
      continue;
    }
    act(machine_.packet(clock_.now()));
  }
}

std::string PollingMachine::obey(std::string_view word) {
  if (word == "off") {
    act(machine_.ask_off(clock_.now()));
  } else if (word == "on") {
    act(machine_.power_on(clock_.now(), "button"));
  } else if (word == "crash") {
    act(machine_.cut(clock_.now()));
  } else if (word != "status") {
    return "error: unknown command; use off, on, crash or status";
  }
  return std::string(to_string(machine_.state()));
}

void PollingMachine::settle_energy(TimePoint now) {
  meter_.advance(now, metered_state_, busy_millicores_);
  metered_state_ = machine_.state();
}

void PollingMachine::sample(TimePoint now) {
  next_sample_ = now + kSampleInterval;
  settle_energy(now);
  busy_millicores_ = 0;
  if (machine_.state() == PowerState::on || machine_.state() == PowerState::dying) {
    for (const auto& [uid, millicores] : pods_alive()) busy_millicores_ += millicores;
  }
  if (machine_.state() != PowerState::off) {
    warn_if_failed(files_.write_energy(meter_));
    warn_if_failed(files_.write_uptime(now - booted_at_));
  }
  if (now >= next_energy_event_) write_energy_event();
}

void PollingMachine::write_energy_event() {
  next_energy_event_ = clock_.now() + kEnergyEventInterval;
  truth_.write("energy", {{"joules_total", joules(meter_.total())},
                          {"watts", watts(draw(config_.power, machine_.state(), busy_millicores_))},
                          {"busy_s", meter_.busy_seconds()},
                          {"state", to_string(machine_.state())}});
}

void PollingMachine::act(const PowerMachine::Happenings& happenings) {
  if (happenings.empty()) return;
  settle_energy(clock_.now());
  for (const Happening& happening : happenings) {
    const std::string_view event = to_string(happening.kind);
    log::info("node={} event={} state={} cause='{}'", config_.name, event,
              to_string(happening.state), happening.cause);
    switch (happening.kind) {
      case Happening::Kind::packet_valid:
        truth_.write(event, {{"while", to_string(happening.state)}});
        break;
      case Happening::Kind::lost_packet:
        truth_.write(event, {{"while", to_string(happening.state)}, {"why", happening.cause}});
        break;
      case Happening::Kind::powered_on: boot(happening); break;
      case Happening::Kind::boot_done:
        truth_.write(event, {{"boot_id", boot_id_}});
        warn_if_failed(files_.write_link(true));
        programs_.start_all();
        break;
      case Happening::Kind::power_off_asked:
      case Happening::Kind::powered_off: power_gone(happening); break;
    }
  }
  write_energy_event();
}

void PollingMachine::boot(const Happening& happening) {
  boot_id_ = make_boot_id();
  booted_at_ = clock_.now();
  meter_.reset_counter();
  warn_if_failed(files_.write_boot_id(boot_id_));
  warn_if_failed(files_.write_uptime(Duration(0)));
  warn_if_failed(files_.write_energy(meter_));
  truth_.write(to_string(happening.kind), {{"boot_id", boot_id_}, {"cause", happening.cause}});
}

/// Writes down who was alive before anything is signalled: the judge must see what the machine saw.
void PollingMachine::power_gone(const Happening& happening) {
  boost::json::array alive;
  for (const auto& [uid, millicores] : pods_alive()) alive.emplace_back(uid);
  truth_.write(to_string(happening.kind), {{"pods_alive", std::move(alive)},
                                           {"cause", happening.cause},
                                           {"joules_total", joules(meter_.total())}});
  if (happening.kind == Happening::Kind::power_off_asked) {
    programs_.ask_to_end();
    return;
  }
  machine_.set_wake_armed(files_.wake_armed());
  if (!kill_all_below(kKillLimit)) log::error("node={} not all programs ended", config_.name);
  programs_.forget();
  busy_millicores_ = 0;
  warn_if_failed(files_.write_link(false));
}

void PollingMachine::warn_if_failed(const Result<void>& done) {
  if (!done) log::warn("node={} {}", config_.name, done.error().message);
}

}  // namespace

std::unique_ptr<MachineProcess> make_machine_process(MachineConfig config) {
  return std::make_unique<PollingMachine>(std::move(config));
}

}  // namespace ecokube::lab
