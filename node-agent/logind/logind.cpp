#include "node-agent/logind/logind.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/asio_tuple.h"
#include "common/boot_clock.h"
#include "common/log.h"
#include "node-agent/logind/bus_names.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr const char* kSystemdPath = "/org/freedesktop/systemd1";
constexpr const char* kSystemdManager = "org.freedesktop.systemd1.Manager";

const char* method_of(v1::SleepMode mode) {
  switch (mode) {
    case v1::SLEEP_MODE_SUSPEND: return "SuspendWithFlags";
    case v1::SLEEP_MODE_HIBERNATE: return "HibernateWithFlags";
    default: return "PowerOffWithFlags";
  }
}

/// One of an earlier boot is a leftover: nobody may have been there to remove it.
bool made_in_this_boot(const std::filesystem::path& flag) {
  std::error_code absent;
  const auto made = std::filesystem::last_write_time(flag, absent);
  if (absent) return false;
  using FileClock = std::filesystem::file_time_type::clock;
  return made >= FileClock::now() - boottime_now();
}

}  // namespace

Logind::Logind(asio::any_io_executor executor, LogindOptions options)
    : executor_(std::move(executor)), options_(std::move(options)), timer_(executor_) {
  standing_.off = {"logind was not asked yet"};
}

Logind::~Logind() { stop(); }

asio::awaitable<void> Logind::run(std::chrono::milliseconds every) {
  constexpr std::chrono::seconds kBetweenLooks{1};
  using Clock = asio::steady_timer::clock_type;
  while (!stopped_) {
    soonest_ = Clock::now() + kBetweenLooks;
    due_ = Clock::now() + every;
    co_await refresh();
    co_await follow_boot();
    while (!stopped_ && Clock::now() < due_) {
      timer_.expires_at(due_);
      co_await timer_.async_wait(kTuple);
    }
  }
}

void Logind::look_soon() {
  due_ = std::min(due_, soonest_);
  timer_.cancel();
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
  shutdown_lock_.release();
  sleep_lock_.release();
}

asio::awaitable<Result<Logind::Bus>> Logind::connected() {
  if (bus_) co_return bus_;
  auto fresh = SystemBus::connect(executor_);
  if (!fresh) co_return fresh;
  bus_ = *fresh;
  abilities_asked_ = false;
  if (auto heard = listen(bus_); !heard) co_return std::unexpected(heard.error());
  co_return fresh;
}

Result<void> Logind::listen(const Bus& bus) {
  const auto hear = [this](void (Logind::*told)(bool)) {
    return [this, told](sd_bus_message* message) {
      int begins = 0;
      if (sd_bus_message_read(message, "b", &begins) >= 0) (this->*told)(begins != 0);
    };
  };
  auto heard = bus->listen(login("PrepareForShutdown"), hear(&Logind::shutdown_begins));
  if (heard) heard = bus->listen(login("PrepareForSleep"), hear(&Logind::sleep_begins));
  // The manager's properties say which locks are held.
  constexpr BusMethod kChanged{kLogin, kLoginPath, "org.freedesktop.DBus.Properties",
                               "PropertiesChanged"};
  for (const auto& news : {login("SessionNew"), login("SessionRemoved"), kChanged}) {
    if (heard) heard = bus->listen(news, [this](sd_bus_message*) { look_soon(); });
  }
  return heard;
}

void Logind::DelayLock::release() {
  if (fd >= 0) ::close(std::exchange(fd, -1));
}

// Without it the goodbye at a shutdown or sleep of others may come too late; that is no danger.
asio::awaitable<void> Logind::take(Bus bus, DelayLock& lock) {
  const auto* what = lock.what;
  const SystemBus::Fill fill = [what](sd_bus_message* message) {
    return sd_bus_message_append(message, "ssss", what, "ecokube-agent",
                                 "tells the coordinator that this machine goes down", "delay");
  };
  const auto reply = co_await bus->call(login("Inhibit"), fill);
  int fd = -1;
  if (reply && sd_bus_message_read(reply->get(), "h", &fd) >= 0) {
    lock.release();
    lock.fd = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  } else if (!std::exchange(lock.refused, true)) {
    log::warn("a {} by others cannot be delayed why=\"{}\"", what,
              reply ? "its answer is not understood" : reply.error().message);
  }
}

void Logind::shutdown_begins(bool begins) {
  going_down_ = begins;
  log::info("the machine {}", begins ? "is going down" : "stays on after all");
  // Who began it shows in systemd's jobs, which are made only once nobody delays them any more.
  if (begins) shutdown_lock_.release();
}

// After it the machine is as it was, and waits again before the next sleep.
void Logind::sleep_begins(bool begins) {
  sleeping_ = begins;
  sleep_over_ = !begins;
  log::info("the machine {}", begins ? "is about to sleep" : "is awake");
  if (begins && !sleep_told_) return let_sleep();
  if (sleep_told_) sleep_told_(begins);
}

void Logind::let_sleep() { sleep_lock_.release(); }

Logind::Words Logind::Standing::against(v1::SleepMode mode) const {
  auto words = off;
  if (mode != v1::SLEEP_MODE_POWER_OFF) words.insert(words.end(), sleep.begin(), sleep.end());
  return words;
}

bool Logind::can(v1::SleepMode mode) const {
  if (mode == v1::SLEEP_MODE_SUSPEND) return can_suspend_;
  if (mode == v1::SLEEP_MODE_HIBERNATE) return can_hibernate_;
  return true;
}

// "challenge" is as good as no: nobody is there to type a password. A lock that stands at the
// moment is another matter.
asio::awaitable<std::optional<bool>> Logind::says_yes(Bus bus, BusMethod method) {
  const auto reply = co_await bus->call(method, {});
  const char* word = nullptr;
  if (!reply || sd_bus_message_read(reply->get(), "s", &word) < 0) co_return std::nullopt;
  const std::string_view said(word);
  co_return said == "yes" || said == "inhibited" || said == "inhibitor-blocked";
}

asio::awaitable<void> Logind::ask_abilities(Bus bus) {
  if (abilities_asked_) co_return;
  const auto suspends = co_await says_yes(bus, login("CanSuspend"));
  const auto hibernates = co_await says_yes(bus, login("CanHibernate"));
  can_suspend_ = suspends.value_or(false);
  can_hibernate_ = hibernates.value_or(false);
  abilities_asked_ = suspends && hibernates;
}

asio::awaitable<void> Logind::catch_up(Bus bus) {
  if (!sleeping_) co_return;
  const BusMethod get{kLogin, kLoginPath, "org.freedesktop.DBus.Properties", "Get"};
  const SystemBus::Fill fill = [](sd_bus_message* message) {
    return sd_bus_message_append(message, "ss", kManager, "PreparingForSleep");
  };
  const auto reply = co_await bus->call(get, fill);
  int still = 0;
  const bool told = reply && sd_bus_message_read(reply->get(), "v", "b", &still) >= 0;
  if (sleeping_ && (!told || still == 0)) sleep_begins(false);
}

asio::awaitable<void> Logind::refresh() {
  auto standing = co_await ask();
  if (standing) {
    standing_ = std::move(*standing);
    co_return;
  }
  standing_ = {};
  standing_.off = {"who wants this machine to stay on is not known: " + standing.error().message};
  lose_connection();
}

void Logind::lose_connection() {
  if (bus_) bus_->close();
  bus_.reset();
}

asio::awaitable<Result<Logind::Standing>> Logind::ask() {
  const auto bus = co_await connected();
  if (!bus) co_return std::unexpected(bus.error());
  Standing standing;
  co_await catch_up(*bus);
  co_await ask_abilities(*bus);
  auto asked = co_await ask_inhibitors(*bus, standing);
  if (asked && options_.users_idle.count() > 0) asked = co_await ask_users(*bus, standing);
  if (!asked) co_return std::unexpected(asked.error());
  if (!going_down_ && shutdown_lock_.fd < 0) co_await take(*bus, shutdown_lock_);
  if (!sleeping_ && sleep_lock_.fd < 0) co_await take(*bus, sleep_lock_);
  if (going_down_) standing.off.emplace_back("this machine is going down already");
  if (sleeping_) standing.off.emplace_back("this machine is about to sleep already");
  co_return standing;
}

asio::awaitable<Result<void>> Logind::go_down(v1::SleepMode mode) {
  const auto bus = co_await connected();
  if (!bus) co_return std::unexpected(bus.error());
  // logind lets nobody's call be stopped by locks of his own user, and most locks are root's.
  Standing standing;
  if (const auto asked = co_await ask_inhibitors(*bus, standing); !asked) co_return asked;
  const auto inhibited = standing.against(mode);
  if (!inhibited.empty()) co_return fail(Errc::refused, inhibited.front());
  sleep_over_ = false;
  // SD_LOGIND_ROOT_CHECK_INHIBITORS: without it root's call walks over those of others too.
  constexpr std::uint64_t kRootChecksInhibitors = 1;
  const SystemBus::Fill fill = [](sd_bus_message* message) {
    return sd_bus_message_append(message, "t", kRootChecksInhibitors);
  };
  const auto reply = co_await (*bus)->call(login(method_of(mode)), fill);
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
  const bool ups =
      std::any_of(options_.ups_flags.begin(), options_.ups_flags.end(), made_in_this_boot);
  co_return ups ? v1::ORIGIN_UPS : v1::ORIGIN_PERSON;
}

}  // namespace ecokube::agent
