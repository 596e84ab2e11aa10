#include <fcntl.h>
#include <poll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/child_process.h"
#include "tests/contract/logind/login_world.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

constexpr const char* kSessionPath = "/org/freedesktop/login1/session/_31";

constexpr std::string_view kBusConfig = R"(<busconfig>
  <listen>unix:path={}</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
)";

struct Lock {
  std::string what, who, mode;
  int held_end = -1;  ///< our end of the pipe: hung up once the holder lets go

  [[nodiscard]] bool is_held() const {
    pollfd look{held_end, POLLIN, 0};
    return ::poll(&look, 1, 0) == 0;
  }
};

void must_be(int done) {
  if (done < 0) throw std::runtime_error("sd-bus: " + std::to_string(done));
}

/// The few methods of logind and systemd that an agent calls, on a thread of its own.
class LogindDouble {
 public:
  explicit LogindDouble(const std::string& address) {
    must_be(sd_bus_new(&bus_));
    must_be(sd_bus_set_address(bus_, address.c_str()));
    must_be(sd_bus_set_bus_client(bus_, 1));
    must_be(sd_bus_start(bus_));
    add("/org/freedesktop/login1", "org.freedesktop.login1.Manager", kManager);
    add(kSessionPath, "org.freedesktop.login1.Session", kSession);
    add("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", kSystemd);
    must_be(sd_bus_request_name(bus_, "org.freedesktop.login1", 0));
    must_be(sd_bus_request_name(bus_, "org.freedesktop.systemd1", 0));
    serves_ = std::thread([this] { serve(); });
  }
  ~LogindDouble() {
    over_ = true;
    serves_.join();
    for (const auto& lock : locks_) ::close(lock.held_end);
    sd_bus_flush_close_unref(bus_);
  }

  std::mutex mutex;
  bool logged_in = false;
  std::atomic<bool> off{false};
  std::atomic<bool> can_suspend{false};
  std::atomic<int> sleeps{0};

  /// The other end of a new lock's pipe.
  int lock(const std::string& what, const std::string& who, const std::string& mode) {
    int ends[2];
    must_be(::pipe2(ends, O_CLOEXEC));
    const std::scoped_lock guard(mutex);
    locks_.push_back({what, who, mode, ends[0]});
    return ends[1];
  }

 private:
  static LogindDouble& of(void* self) { return *static_cast<LogindDouble*>(self); }
  void add(const char* path, const char* interface, const sd_bus_vtable* table) {
    must_be(sd_bus_add_object_vtable(bus_, nullptr, path, interface, table, this));
  }
  void serve() {
    while (!over_) {
      while (sd_bus_process(bus_, nullptr) > 0) {
      }
      go_on_sleeping();
      sd_bus_wait(bus_, 20'000);
    }
  }
  void tell_sleep(int begins) {
    must_be(sd_bus_emit_signal(bus_, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                               "PrepareForSleep", "b", begins));
  }
  /// As logind: it is told, waits for the locks that delay it, and is over at once.
  void go_on_sleeping() {
    if (sleep_ == Sleep::asked) tell_sleep(1);
    if (sleep_ == Sleep::asked) sleep_ = Sleep::waits;
    if (sleep_ != Sleep::waits || is_delayed()) return;
    ++sleeps;
    tell_sleep(0);
    sleep_ = Sleep::none;
  }
  bool is_delayed() {
    const std::scoped_lock guard(mutex);
    return std::any_of(locks_.begin(), locks_.end(), [](const Lock& lock) {
      return lock.is_held() && lock.mode == "delay" && lock.what.find("sleep") != std::string::npos;
    });
  }

  static int on_inhibit(sd_bus_message* call, void* self, sd_bus_error*) {
    const char *what = nullptr, *who = nullptr, *why = nullptr, *mode = nullptr;
    must_be(sd_bus_message_read(call, "ssss", &what, &who, &why, &mode));
    const int fd = of(self).lock(what, who, mode);
    const int sent = sd_bus_reply_method_return(call, "h", fd);
    ::close(fd);
    return sent;
  }
  static int on_list_inhibitors(sd_bus_message* call, void* self, sd_bus_error*) {
    const std::scoped_lock guard(of(self).mutex);
    sd_bus_message* reply = nullptr;
    must_be(sd_bus_message_new_method_return(call, &reply));
    must_be(sd_bus_message_open_container(reply, 'a', "(ssssuu)"));
    for (const auto& lock : of(self).locks_) {
      if (!lock.is_held()) continue;
      must_be(sd_bus_message_append(reply, "(ssssuu)", lock.what.c_str(), lock.who.c_str(),
                                    "a test", lock.mode.c_str(), 0U, 7U));
    }
    must_be(sd_bus_message_close_container(reply));
    const int sent = sd_bus_send(nullptr, reply, nullptr);
    sd_bus_message_unref(reply);
    return sent;
  }
  static int on_list_sessions(sd_bus_message* call, void* self, sd_bus_error*) {
    const std::scoped_lock guard(of(self).mutex);
    if (!of(self).logged_in) return sd_bus_reply_method_return(call, "a(susso)", 0);
    return sd_bus_reply_method_return(call, "a(susso)", 1, "1", 0U, "root", "", kSessionPath);
  }
  // As logind does it for the user whose locks they are.
  static int on_power_off(sd_bus_message* call, void* self, sd_bus_error*) {
    of(self).off = true;
    return sd_bus_reply_method_return(call, "");
  }
  static int on_suspend(sd_bus_message* call, void* self, sd_bus_error* error) {
    if (!of(self).can_suspend) {
      return sd_bus_error_set(error, "org.freedesktop.login1.SleepVerbNotSupported",
                              "Sleep verb not supported");
    }
    of(self).sleep_ = Sleep::asked;
    return sd_bus_reply_method_return(call, "");
  }
  static int on_can_suspend(sd_bus_message* call, void* self, sd_bus_error*) {
    return sd_bus_reply_method_return(call, "s", of(self).can_suspend ? "yes" : "na");
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
  std::vector<Lock> locks_;
  enum class Sleep { none, asked, waits };
  Sleep sleep_ = Sleep::none;  ///< the bus thread's
  std::atomic<bool> over_{false};
  std::thread serves_;
};

const sd_bus_vtable LogindDouble::kManager[] = {
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
    SD_BUS_SIGNAL("PrepareForShutdown", "b", 0),
    SD_BUS_SIGNAL("PrepareForSleep", "b", 0),
    SD_BUS_VTABLE_END};
const sd_bus_vtable LogindDouble::kSession[] = {
    SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("Class", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("State", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("IdleSinceHintMonotonic", "t", get_idle, 0, 0), SD_BUS_VTABLE_END};
const sd_bus_vtable LogindDouble::kSystemd[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("ListJobs", "", "a(usssoo)", on_list_jobs, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("FirmwareTimestampMonotonic", "t", get_boot, 0, 0),
    SD_BUS_PROPERTY("LoaderTimestampMonotonic", "t", get_boot, 0, 0),
    SD_BUS_PROPERTY("UserspaceTimestampMonotonic", "t", get_boot, 0, 0),
    SD_BUS_PROPERTY("FinishTimestampMonotonic", "t", get_boot, 0, 0),
    SD_BUS_VTABLE_END};

bool listens(const std::filesystem::path& socket) {
  boost::asio::io_context io;
  boost::asio::local::stream_protocol::socket client(io);
  boost::system::error_code failed;
  client.connect(boost::asio::local::stream_protocol::endpoint(socket.string()), failed);
  return !failed;
}

class DoubleWorld final : public LoginWorld {
 public:
  explicit DoubleWorld(boost::asio::io_context& io) : io_(io) {
    const auto socket = dir_ / "bus";
    ChildOptions options;
    options.argv = {"dbus-daemon", "--nofork", "--nopidfile",
                    "--config-file=" +
                        dir_.write("bus.conf", fmt::format(kBusConfig, socket.string())).string()};
    options.output_file = dir_ / "bus.log";
    options.die_with_parent = true;
    bus_ = must(start_child(io.get_executor(), options));
    // The socket is there before the daemon listens to it.
    if (!run_until(io, [&] { return listens(socket); })) {
      throw std::runtime_error("dbus-daemon does not start: " + read_text(dir_ / "bus.log"));
    }
    logind_ = std::make_unique<LogindDouble>(bus_address());
  }
  ~DoubleWorld() override { release(); }

  std::string bus_address() const override { return "unix:path=" + (dir_ / "bus").string(); }
  void inhibit(const std::string& what, const std::string& who, const std::string& mode) override {
    lock_ = logind_->lock(what, who, mode);
  }
  void release() override {
    if (lock_ >= 0) ::close(std::exchange(lock_, -1));
  }
  void log_in() override { set_logged_in(true); }
  void log_out() override { set_logged_in(false); }
  bool learns_to_suspend() override { return logind_->can_suspend = true; }
  int sleeps() override { return logind_->sleeps; }
  bool goes_off() override {
    return run_until(io_, [&] { return logind_->off.load(); });
  }
  bool is_on() override { return !logind_->off; }

 private:
  void set_logged_in(bool logged_in) {
    const std::scoped_lock guard(logind_->mutex);
    logind_->logged_in = logged_in;
  }

  boost::asio::io_context& io_;
  TempDir dir_;
  std::unique_ptr<ChildProcess> bus_;
  std::unique_ptr<LogindDouble> logind_;
  int lock_ = -1;
};

}  // namespace

std::unique_ptr<LoginWorld> make_login_world(boost::asio::io_context& io) {
  return std::make_unique<DoubleWorld>(io);
}

}  // namespace ecokube::test
