#include "node-agent/logind/logind.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/asio_tuple.h"
#include "common/log.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
constexpr std::size_t kSessionsMax = 64;

constexpr const char* kLogin = "org.freedesktop.login1";
constexpr const char* kLoginPath = "/org/freedesktop/login1";
constexpr const char* kManager = "org.freedesktop.login1.Manager";
constexpr const char* kSession = "org.freedesktop.login1.Session";
constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr const char* kSystemdPath = "/org/freedesktop/systemd1";
constexpr const char* kSystemdManager = "org.freedesktop.systemd1.Manager";

constexpr BusMethod login(const char* member) { return {kLogin, kLoginPath, kManager, member}; }

std::unexpected<Error> not_understood(const char* what) {
  return fail(Errc::protocol, std::string("logind's answer to ") + what + " is not understood");
}

// "shutdown:idle" holds "shutdown".
bool names_shutdown(std::string_view what) {
  constexpr std::string_view kShutdown = "shutdown";
  while (!what.empty()) {
    const auto colon = what.find(':');
    if (what.substr(0, colon) == kShutdown) return true;
    if (colon == std::string_view::npos) break;
    what.remove_prefix(colon + 1);
  }
  return false;
}

std::string printable(const char* text) {
  constexpr std::size_t kBytesMax = 200;
  std::string clean(text == nullptr ? "" : text);
  clean.resize(std::min(clean.size(), kBytesMax));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '"') c = ' ';
  }
  return clean;
}

struct Session {
  std::string kind;  // Class
  std::string state;
  std::uint64_t idle_since_us = 0;  // CLOCK_MONOTONIC; 0: not known
};

// One entry of the properties, a{sv}.
int read_property(sd_bus_message* message, Session& session) {
  const char* name = nullptr;
  int done = sd_bus_message_read(message, "s", &name);
  if (done < 0) return done;
  const std::string_view key(name);
  if (key == "Class" || key == "State") {
    const char* text = nullptr;
    done = sd_bus_message_read(message, "v", "s", &text);
    if (done >= 0) (key == "Class" ? session.kind : session.state) = text;
    return done;
  }
  if (key == "IdleSinceHintMonotonic") {
    return sd_bus_message_read(message, "v", "t", &session.idle_since_us);
  }
  return sd_bus_message_skip(message, "v");
}

Result<Session> read_session(sd_bus_message* message) {
  Session session;
  int done = sd_bus_message_enter_container(message, 'a', "{sv}");
  while (done >= 0) {
    done = sd_bus_message_enter_container(message, 'e', "sv");
    if (done <= 0) break;
    done = read_property(message, session);
    if (done >= 0) done = sd_bus_message_exit_container(message);
  }
  if (done < 0) return not_understood("GetAll");
  return session;
}

bool is_a_person(const Session& session) {
  constexpr std::string_view kNobody[] = {"greeter",          "lock-screen", "background",
                                          "background-light", "manager",     "manager-early"};
  return session.state != "closing" &&
         std::find(std::begin(kNobody), std::end(kNobody), session.kind) == std::end(kNobody);
}

std::chrono::seconds since(std::uint64_t monotonic_us) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now -
                                                          std::chrono::microseconds(monotonic_us));
}

}  // namespace

Logind::Logind(asio::any_io_executor executor, LogindOptions options)
    : executor_(std::move(executor)), options_(std::move(options)), timer_(executor_) {
  standing_ = {"logind was not asked yet"};
}

Logind::~Logind() { stop(); }

asio::awaitable<void> Logind::run(std::chrono::milliseconds every) {
  while (!stopped_) {
    co_await refresh();
    co_await follow_boot();
    timer_.expires_after(every);
    if (!stopped_) co_await timer_.async_wait(kTuple);
  }
}

asio::awaitable<void> Logind::follow_boot() {
  constexpr int kTimesMax = 60;
  const auto bus = bus_;
  if (!bus || boot_times_.userspace || boot_asked_ >= kTimesMax) co_return;
  ++boot_asked_;
  const auto times = co_await ask_boot_times(bus);
  if (times) boot_times_ = *times;
}

void Logind::stop() {
  stopped_ = true;
  timer_.cancel();
  if (bus_) bus_->close();
  if (delay_lock_ >= 0) ::close(std::exchange(delay_lock_, -1));
}

asio::awaitable<Result<Logind::Bus>> Logind::connected() {
  if (bus_) co_return bus_;
  auto fresh = SystemBus::connect(executor_);
  if (!fresh) co_return fresh;
  bus_ = *fresh;
  auto heard = bus_->listen(login("PrepareForShutdown"), [this](sd_bus_message* message) {
    int begins = 0;
    if (sd_bus_message_read(message, "b", &begins) >= 0) shutdown_begins(begins != 0);
  });
  if (!heard) co_return std::unexpected(heard.error());
  co_return fresh;
}

// Without it the goodbye at a shutdown of others may come too late; that is no danger.
asio::awaitable<void> Logind::take_delay_lock(Bus bus) {
  const SystemBus::Fill fill = [](sd_bus_message* message) {
    return sd_bus_message_append(message, "ssss", "shutdown", "ecokube-agent",
                                 "tells the coordinator that this machine goes down", "delay");
  };
  const auto reply = co_await bus->call(login("Inhibit"), fill);
  int fd = -1;
  if (reply && sd_bus_message_read(reply->get(), "h", &fd) >= 0) {
    if (delay_lock_ >= 0) ::close(delay_lock_);
    delay_lock_ = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  } else if (!std::exchange(delay_refused_, true)) {
    log::warn("a shutdown by others cannot be delayed why=\"{}\"",
              reply ? "its answer is not understood" : reply.error().message);
  }
}

void Logind::shutdown_begins(bool begins) {
  going_down_ = begins;
  log::info("the machine {}", begins ? "is going down" : "stays on after all");
  // Who began it shows in systemd's jobs, which are made only once nobody delays them any more.
  if (begins && delay_lock_ >= 0) ::close(std::exchange(delay_lock_, -1));
}

asio::awaitable<void> Logind::refresh() {
  auto standing = co_await ask();
  if (standing) {
    standing_ = std::move(*standing);
    co_return;
  }
  standing_ = {"who wants this machine to stay on is not known: " + standing.error().message};
  if (bus_) bus_->close();
  bus_.reset();
}

asio::awaitable<Result<Logind::Words>> Logind::ask() {
  const auto bus = co_await connected();
  if (!bus) co_return std::unexpected(bus.error());
  Words standing;
  auto asked = co_await ask_inhibitors(*bus, standing);
  if (asked && options_.users_idle.count() > 0) asked = co_await ask_users(*bus, standing);
  if (!asked) co_return std::unexpected(asked.error());
  if (!going_down_ && delay_lock_ < 0) co_await take_delay_lock(*bus);
  if (going_down_) standing.emplace_back("this machine is going down already");
  co_return standing;
}

asio::awaitable<Result<void>> Logind::ask_inhibitors(Bus bus, Words& standing) {
  const auto reply = co_await bus->call(login("ListInhibitors"), {});
  if (!reply) co_return std::unexpected(reply.error());
  auto* message = reply->get();
  int done = sd_bus_message_enter_container(message, 'a', "(ssssuu)");
  while (done >= 0) {
    const char *what = nullptr, *who = nullptr, *why = nullptr, *mode = nullptr;
    std::uint32_t uid = 0, pid = 0;
    done = sd_bus_message_read(message, "(ssssuu)", &what, &who, &why, &mode, &uid, &pid);
    if (done <= 0) break;
    if (std::string_view(mode) == "delay" || !names_shutdown(what)) continue;
    standing.push_back("'" + printable(who) + "' (pid " + std::to_string(pid) +
                       ") inhibits shutdown: " + printable(why));
  }
  if (done < 0) co_return not_understood("ListInhibitors");
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Logind::ask_users(Bus bus, Words& standing) {
  const auto reply = co_await bus->call(login("ListSessions"), {});
  if (!reply) co_return std::unexpected(reply.error());
  auto* message = reply->get();
  std::vector<std::pair<std::string, std::string>> sessions;  // path and user
  int done = sd_bus_message_enter_container(message, 'a', "(susso)");
  while (done >= 0) {
    const char *id = nullptr, *user = nullptr, *seat = nullptr, *path = nullptr;
    std::uint32_t uid = 0;
    done = sd_bus_message_read(message, "(susso)", &id, &uid, &user, &seat, &path);
    if (done <= 0) break;
    sessions.emplace_back(path, printable(user));
  }
  if (done < 0) co_return not_understood("ListSessions");
  if (sessions.size() > kSessionsMax) {
    standing.push_back(std::to_string(sessions.size()) + " sessions are open");
    co_return Result<void>{};
  }
  for (const auto& [path, user] : sessions) {
    if (auto asked = co_await ask_session(bus, path, user, standing); !asked) co_return asked;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Logind::ask_session(Bus bus, std::string path, std::string user,
                                                  Words& standing) {
  const BusMethod get_all{kLogin, path.c_str(), "org.freedesktop.DBus.Properties", "GetAll"};
  const SystemBus::Fill fill = [](sd_bus_message* message) {
    return sd_bus_message_append(message, "s", kSession);
  };
  const auto reply = co_await bus->call(get_all, fill);
  // A session may end between two questions.
  if (!reply && reply.error().code == Errc::refused) co_return Result<void>{};
  if (!reply) co_return std::unexpected(reply.error());
  const auto session = read_session(reply->get());
  if (!session) co_return std::unexpected(session.error());
  if (!is_a_person(*session)) co_return Result<void>{};
  if (session->idle_since_us == 0) {
    standing.push_back("user " + user + " is logged in");
  } else if (const auto idle = since(session->idle_since_us); idle < options_.users_idle) {
    standing.push_back("user " + user + " is logged in and was active " +
                       std::to_string(idle.count()) + " s ago");
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Logind::power_off() {
  const auto bus = co_await connected();
  if (!bus) co_return std::unexpected(bus.error());
  // logind lets nobody's call be stopped by locks of his own user, and most locks are root's.
  Words inhibited;
  if (const auto asked = co_await ask_inhibitors(*bus, inhibited); !asked) co_return asked;
  if (!inhibited.empty()) co_return fail(Errc::refused, inhibited.front());
  // SD_LOGIND_ROOT_CHECK_INHIBITORS: without it root's call walks over those of others too.
  constexpr std::uint64_t kRootChecksInhibitors = 1;
  const SystemBus::Fill fill = [](sd_bus_message* message) {
    return sd_bus_message_append(message, "t", kRootChecksInhibitors);
  };
  const auto reply = co_await (*bus)->call(login("PowerOffWithFlags"), fill);
  if (!reply) co_return std::unexpected(reply.error());
  co_return Result<void>{};
}

asio::awaitable<v1::Origin> Logind::why_stopped() {
  const auto unknown = going_down_ ? v1::ORIGIN_PERSON : v1::ORIGIN_SERVICE_STOP;
  const auto bus = bus_;
  if (!bus) co_return unknown;
  const BusMethod list_jobs{kSystemd, kSystemdPath, kSystemdManager, "ListJobs"};
  const auto reply = co_await bus->call(list_jobs, {});
  if (!reply) co_return unknown;
  auto* message = reply->get();
  bool down = false, reboot = false;
  int done = sd_bus_message_enter_container(message, 'a', "(usssoo)");
  while (done >= 0) {
    std::uint32_t id = 0;
    const char *unit = nullptr, *type = nullptr, *state = nullptr, *job = nullptr, *path = nullptr;
    done = sd_bus_message_read(message, "(usssoo)", &id, &unit, &type, &state, &job, &path);
    if (done <= 0) break;
    if (std::string_view(type) != "start") continue;
    const std::string_view name(unit);
    reboot = reboot || name == "reboot.target" || name == "kexec.target";
    down = down || name == "shutdown.target";
  }
  if (reboot) co_return v1::ORIGIN_REBOOT;
  if (!down && !going_down_) co_return v1::ORIGIN_SERVICE_STOP;
  std::error_code ignored;
  const bool ups =
      std::any_of(options_.ups_flags.begin(), options_.ups_flags.end(),
                  [&](const auto& flag) { return std::filesystem::exists(flag, ignored); });
  co_return ups ? v1::ORIGIN_UPS : v1::ORIGIN_PERSON;
}

}  // namespace ecokube::agent
