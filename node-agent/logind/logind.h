#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "ecokube/v1/agent.pb.h"
#include "node-agent/logind/boot_times.h"
#include "node-agent/logind/system_bus.h"

namespace ecokube::agent {

struct LogindOptions {
  /// A person who did something within this time keeps the machine on; 0: nobody's login does.
  std::chrono::seconds users_idle{15 * 60};
  /// One of these is there when the machine goes down because a UPS says so (NUT, apcupsd).
  std::vector<std::filesystem::path> ups_flags{"/etc/killpower", "/run/nut/killpower",
                                               "/etc/apcupsd/powerfail"};
};

/// systemd-logind and systemd by D-Bus (org.freedesktop.login1(5), org.freedesktop.systemd1(5)):
/// who wants this machine to stay on, the way down that respects them, and who began it.
class Logind {
 public:
  Logind(boost::asio::any_io_executor executor, LogindOptions options);
  ~Logind();
  Logind(const Logind&) = delete;
  Logind& operator=(const Logind&) = delete;

  /// Keeps the connection, and what standing() says at most `every` old, until stop(). What logind
  /// says by itself, a login or a lock, is looked into at once, or a second after the last look.
  boost::asio::awaitable<void> run(std::chrono::milliseconds every);
  void stop();

  /// Asks anew: who is logged in, who inhibits.
  boost::asio::awaitable<void> refresh();
  /// Why it would be refused to go down so, as of the last refresh(); also when it cannot be known.
  /// Who wants only sleep inhibited has nothing against a power-off.
  [[nodiscard]] std::vector<std::string> standing(
      v1::SleepMode mode = v1::SLEEP_MODE_POWER_OFF) const {
    return standing_.against(mode);
  }
  [[nodiscard]] const std::vector<std::string>& against_sleep_alone() const {
    return standing_.sleep;
  }
  /// The machine, and logind for us, can: asked with the first refresh() of a connection.
  [[nodiscard]] bool can(v1::SleepMode mode) const;

  /// The next refresh() connects anew.
  void lose_connection();

  /// As far as run() has asked for them.
  [[nodiscard]] const BootTimes& boot_times() const { return boot_times_; }

  /// Starts the machine's way down; refused when somebody inhibits it, root's own call included.
  boost::asio::awaitable<Result<void>> go_down(v1::SleepMode mode);

  /// Told when the machine is about to sleep, by whomever, and when that is over. It waits with
  /// falling asleep for let_sleep(), at most InhibitDelayMaxSec.
  void on_sleep(std::function<void(bool begins)> told) { sleep_told_ = std::move(told); }
  void let_sleep();
  /// Since go_down() the machine was about to sleep, and is not any more.
  [[nodiscard]] bool sleep_failed() const { return sleep_over_; }

  /// Whose doing it is that the agent is being stopped now; asked of systemd's jobs.
  boost::asio::awaitable<v1::Origin> why_stopped();

 private:
  using Bus = std::shared_ptr<SystemBus>;
  using Words = std::vector<std::string>;
  struct Standing {
    Words off;
    Words sleep;  ///< against sleep alone
    [[nodiscard]] Words against(v1::SleepMode mode) const;
  };
  boost::asio::awaitable<Result<Bus>> connected();
  boost::asio::awaitable<Result<Standing>> ask();
  boost::asio::awaitable<void> ask_abilities(Bus bus);
  boost::asio::awaitable<std::optional<bool>> says_yes(Bus bus, BusMethod method);
  /// While it is held what it is about waits for its end, at most InhibitDelayMaxSec.
  struct DelayLock {
    const char* what;
    int fd = -1;
    bool refused = false;
    void release();
  };
  boost::asio::awaitable<void> take(Bus bus, DelayLock& lock);
  boost::asio::awaitable<Result<void>> ask_inhibitors(Bus bus, Standing& standing);
  boost::asio::awaitable<Result<void>> ask_users(Bus bus, Standing& standing);
  boost::asio::awaitable<Result<void>> ask_session(Bus bus, std::string path, std::string user,
                                                   Standing& standing);
  /// Until everything is started; a machine that never is so is not asked for ever.
  boost::asio::awaitable<void> follow_boot();
  Result<void> listen(const Bus& bus);
  void look_soon();
  void shutdown_begins(bool begins);
  void sleep_begins(bool begins);
  /// Its end was told to a connection that is lost.
  boost::asio::awaitable<void> catch_up(Bus bus);

  boost::asio::any_io_executor executor_;
  LogindOptions options_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer::time_point due_, soonest_;  ///< of the next refresh() by run()
  std::shared_ptr<SystemBus> bus_;
  Standing standing_;
  bool can_suspend_ = false, can_hibernate_ = false, abilities_asked_ = false;
  std::function<void(bool)> sleep_told_;
  BootTimes boot_times_;
  int boot_asked_ = 0;
  // One each: polkit knows no action for both, and asks for that of the lid.
  DelayLock shutdown_lock_{"shutdown"}, sleep_lock_{"sleep"};
  bool going_down_ = false, sleeping_ = false, sleep_over_ = false;
  bool stopped_ = false;
};

}  // namespace ecokube::agent
