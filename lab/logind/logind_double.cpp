#include "lab/logind/logind_double.h"

#include <fcntl.h>
#include <poll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace ecokube::lab {
namespace {

constexpr const char* kSessionPath = "/org/freedesktop/login1/session/_31";

struct Lock {
  std::string what, who, mode;
  int held_end = -1;  ///< our end of the pipe: hung up once the holder lets go

  [[nodiscard]] bool is_held() const {
    pollfd look{held_end, POLLIN, 0};
    return ::poll(&look, 1, 0) == 0;
  }
};

class BusLogind final : public LogindDouble {
 public:
  ~BusLogind() override {
    over_ = true;
    if (serves_.joinable()) serves_.join();
    for (const auto& lock : locks_) ::close(lock.held_end);
    if (bus_ != nullptr) sd_bus_flush_close_unref(bus_);
  }

  Result<void> serve(const std::string& address) {
    int done = sd_bus_new(&bus_);
    if (done >= 0) done = sd_bus_set_address(bus_, address.c_str());
    if (done >= 0) done = sd_bus_set_bus_client(bus_, 1);
    if (done >= 0) done = sd_bus_start(bus_);
    if (done >= 0)
      done = add("/org/freedesktop/login1", "org.freedesktop.login1.Manager", kManager);
    if (done >= 0) done = add(kSessionPath, "org.freedesktop.login1.Session", kSession);
    if (done >= 0) {
      done = add("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", kSystemd);
    }
    if (done >= 0) done = sd_bus_request_name(bus_, "org.freedesktop.login1", 0);
    if (done >= 0) done = sd_bus_request_name(bus_, "org.freedesktop.systemd1", 0);
    if (done < 0)
      return fail(Errc::io, "logind's double on " + address + ": " + std::strerror(-done));
    serves_ = std::thread([this] { answer_all(); });
    return {};
  }

  int lock(const std::string& what, const std::string& who, const std::string& mode) override {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
    const std::scoped_lock guard(mutex_);
    locks_.push_back({what, who, mode, ends[0]});
    return ends[1];
  }
  void set_logged_in(bool somebody) override {
    const std::scoped_lock guard(mutex_);
    logged_in_ = somebody;
  }
  void set_can_suspend(bool it_can) override { can_suspend_ = it_can; }
  bool is_off() const override { return off_; }
  int sleeps() const override { return sleeps_; }

 private:
  static BusLogind& of(void* self) { return *static_cast<BusLogind*>(self); }
  int add(const char* path, const char* interface, const sd_bus_vtable* table) {
    return sd_bus_add_object_vtable(bus_, nullptr, path, interface, table, this);
  }
  void answer_all() {
    while (!over_) {
      while (sd_bus_process(bus_, nullptr) > 0) {
      }
      go_on_sleeping();
      tell_news();
      sd_bus_wait(bus_, 20'000);
    }
  }
  /// Who holds a lock that blocks, and who is logged in, as logind tells it when it changes.
  void tell_news() {
    const std::scoped_lock guard(mutex_);
    const auto locks = std::ranges::count_if(
        locks_, [](const Lock& lock) { return lock.is_held() && lock.mode == "block"; });
    if (std::exchange(locks_told_, locks) != locks) {
      sd_bus_emit_properties_changed(bus_, "/org/freedesktop/login1",
                                     "org.freedesktop.login1.Manager", "BlockInhibited", nullptr);
    }
    if (std::exchange(login_told_, logged_in_) != logged_in_) {
      sd_bus_emit_signal(bus_, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                         logged_in_ ? "SessionNew" : "SessionRemoved", "so", "1", kSessionPath);
    }
  }
  void tell_sleep(int begins) {
    sd_bus_emit_signal(bus_, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                       "PrepareForSleep", "b", begins);
  }
  /// As logind: it is told, waits for the locks that delay it, and is over at once.
  void go_on_sleeping() {
    if (sleep_ == Sleep::asked) tell_sleep(1);
    if (sleep_ == Sleep::asked) sleep_ = Sleep::waits;
    if (sleep_ != Sleep::waits || is_delayed()) return;
    ++sleeps_;
    tell_sleep(0);
    sleep_ = Sleep::none;
  }
  bool is_delayed() {
    const std::scoped_lock guard(mutex_);
    return std::any_of(locks_.begin(), locks_.end(), [](const Lock& lock) {
      return lock.is_held() && lock.mode == "delay" && lock.what.find("sleep") != std::string::npos;
    });
  }

  static int on_inhibit(sd_bus_message* call, void* self, sd_bus_error*) {
    const char *what = nullptr, *who = nullptr, *why = nullptr, *mode = nullptr;
    const int read = sd_bus_message_read(call, "ssss", &what, &who, &why, &mode);
    if (read < 0) return read;
    const int fd = of(self).lock(what, who, mode);
    const int sent = sd_bus_reply_method_return(call, "h", fd);
    ::close(fd);
    return sent;
  }
  static int on_list_inhibitors(sd_bus_message* call, void* self, sd_bus_error*) {
    const std::scoped_lock guard(of(self).mutex_);
    sd_bus_message* reply = nullptr;
    int done = sd_bus_message_new_method_return(call, &reply);
    if (done >= 0) done = sd_bus_message_open_container(reply, 'a', "(ssssuu)");
    for (const auto& lock : of(self).locks_) {
      if (done < 0 || !lock.is_held()) continue;
      done = sd_bus_message_append(reply, "(ssssuu)", lock.what.c_str(), lock.who.c_str(), "a test",
                                   lock.mode.c_str(), 0U, 7U);
    }
    if (done >= 0) done = sd_bus_message_close_container(reply);
    if (done >= 0) done = sd_bus_send(nullptr, reply, nullptr);
    sd_bus_message_unref(reply);
    return done;
  }
  static int on_list_sessions(sd_bus_message* call, void* self, sd_bus_error*) {
    const std::scoped_lock guard(of(self).mutex_);
    if (!of(self).logged_in_) return sd_bus_reply_method_return(call, "a(susso)", 0);
    return sd_bus_reply_method_return(call, "a(susso)", 1, "1", 0U, "root", "", kSessionPath);
  }
  // As logind does it for the user whose locks they are.
  static int on_power_off(sd_bus_message* call, void* self, sd_bus_error*) {
    of(self).off_ = true;
    return sd_bus_reply_method_return(call, "");
  }
  static int on_suspend(sd_bus_message* call, void* self, sd_bus_error* error) {
    if (!of(self).can_suspend_) {
      return sd_bus_error_set(error, "org.freedesktop.login1.SleepVerbNotSupported",
                              "Sleep verb not supported");
    }
    of(self).sleep_ = Sleep::asked;
    return sd_bus_reply_method_return(call, "");
  }
  static int on_can_suspend(sd_bus_message* call, void* self, sd_bus_error*) {
    return sd_bus_reply_method_return(call, "s", of(self).can_suspend_ ? "yes" : "na");
  }
  static int on_can_hibernate(sd_bus_message* call, void*, sd_bus_error*) {
    return sd_bus_reply_method_return(call, "s", "challenge");
  }
  static int get_preparing(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                           void* self, sd_bus_error*) {
    return sd_bus_message_append(reply, "b", of(self).sleep_ == Sleep::waits ? 1 : 0);
  }
  static int on_list_jobs(sd_bus_message* call, void*, sd_bus_error*) {
    return sd_bus_reply_method_return(call, "a(usssoo)", 1, 3U, "backup.service", "start",
                                      "running", "/job/3", "/unit/backup");
  }
  static int get_text(sd_bus*, const char*, const char*, const char* property,
                      sd_bus_message* reply, void*, sd_bus_error*) {
    return sd_bus_message_append(reply, "s",
                                 std::string_view(property) == "Class" ? "user" : "active");
  }
  // Nobody asks what is blocked, only when it changes.
  static int get_blocked(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                         void*, sd_bus_error*) {
    return sd_bus_message_append(reply, "s", "");
  }
  /// A boot of 4 s in the firmware, 1.5 s in the loader, 2 s in the kernel, 8 s in userspace.
  static int get_boot(sd_bus*, const char*, const char*, const char* property,
                      sd_bus_message* reply, void*, sd_bus_error*) {
    const std::string_view name(property);
    const std::uint64_t seconds_10 = name.starts_with("Firmware")    ? 55
                                     : name.starts_with("Loader")    ? 15
                                     : name.starts_with("Userspace") ? 20
                                                                     : 100;
    return sd_bus_message_append(reply, "t", seconds_10 * 100'000);
  }
  static int get_idle(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void*,
                      sd_bus_error*) {
    return sd_bus_message_append(reply, "t", std::uint64_t{0});
  }

  static const sd_bus_vtable kManager[], kSession[], kSystemd[];
  sd_bus* bus_ = nullptr;
  std::mutex mutex_;  ///< of the two below
  std::vector<Lock> locks_;
  bool logged_in_ = false;
  std::ptrdiff_t locks_told_ = 0;  ///< the bus thread's, as the next
  bool login_told_ = false;
  std::atomic<bool> off_{false}, can_suspend_{false};
  std::atomic<int> sleeps_{0};
  enum class Sleep { none, asked, waits };
  Sleep sleep_ = Sleep::none;  ///< the bus thread's
  std::atomic<bool> over_{false};
  std::thread serves_;
};

const sd_bus_vtable BusLogind::kManager[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Inhibit", "ssss", "h", on_inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ListInhibitors", "", "a(ssssuu)", on_list_inhibitors,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ListSessions", "", "a(susso)", on_list_sessions, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("PowerOffWithFlags", "t", "", on_power_off, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("SuspendWithFlags", "t", "", on_suspend, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("CanSuspend", "", "s", on_can_suspend, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("CanHibernate", "", "s", on_can_hibernate, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("PreparingForSleep", "b", get_preparing, 0, 0),
    SD_BUS_PROPERTY("BlockInhibited", "s", get_blocked, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_SIGNAL("SessionNew", "so", 0),
    SD_BUS_SIGNAL("SessionRemoved", "so", 0),
    SD_BUS_SIGNAL("PrepareForShutdown", "b", 0),
    SD_BUS_SIGNAL("PrepareForSleep", "b", 0),
    SD_BUS_VTABLE_END};
const sd_bus_vtable BusLogind::kSession[] = {
    SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("Class", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("State", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("IdleSinceHintMonotonic", "t", get_idle, 0, 0), SD_BUS_VTABLE_END};
const sd_bus_vtable BusLogind::kSystemd[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("ListJobs", "", "a(usssoo)", on_list_jobs, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("FirmwareTimestampMonotonic", "t", get_boot, 0, 0),
    SD_BUS_PROPERTY("LoaderTimestampMonotonic", "t", get_boot, 0, 0),
    SD_BUS_PROPERTY("UserspaceTimestampMonotonic", "t", get_boot, 0, 0),
    SD_BUS_PROPERTY("FinishTimestampMonotonic", "t", get_boot, 0, 0),
    SD_BUS_VTABLE_END};

}  // namespace

Result<std::unique_ptr<LogindDouble>> LogindDouble::start(const std::string& bus) {
  auto logind = std::make_unique<BusLogind>();
  if (auto serves = logind->serve(bus); !serves) return std::unexpected(std::move(serves.error()));
  return logind;
}

}  // namespace ecokube::lab
