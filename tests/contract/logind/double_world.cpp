#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "lab/logind/logind_double.h"
#include "lab/logind/system_bus_process.h"
#include "tests/contract/logind/login_world.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

class DoubleWorld final : public LoginWorld {
 public:
  explicit DoubleWorld(boost::asio::io_context& io) : io_(io) {
    bus_.emplace(must(lab::SystemBusProcess::start(io.get_executor(), dir_.path())));
    if (!run_until(io, [&] { return bus_->listens(); })) {
      throw std::runtime_error("dbus-daemon does not start: " + read_text(dir_ / "bus.log"));
    }
    logind_ = must(lab::LogindDouble::start(bus_address()));
  }
  ~DoubleWorld() override { release(); }

  std::string bus_address() const override { return bus_->address(); }
  void inhibit(const std::string& what, const std::string& who, const std::string& mode) override {
    lock_ = logind_->lock(what, who, mode);
  }
  void release() override {
    if (lock_ >= 0) ::close(std::exchange(lock_, -1));
  }
  void log_in() override { logind_->set_logged_in(true); }
  void log_out() override { logind_->set_logged_in(false); }
  bool learns_to_suspend() override {
    logind_->set_can_suspend(true);
    return true;
  }
  int sleeps() override { return logind_->sleeps(); }
  bool goes_off() override {
    return run_until(io_, [&] { return logind_->is_off(); });
  }
  bool is_on() override { return !logind_->is_off(); }

 private:
  boost::asio::io_context& io_;
  TempDir dir_;
  std::optional<lab::SystemBusProcess> bus_;
  std::unique_ptr<lab::LogindDouble> logind_;
  int lock_ = -1;
};

}  // namespace

std::unique_ptr<LoginWorld> make_login_world(boost::asio::io_context& io) {
  return std::make_unique<DoubleWorld>(io);
}

}  // namespace ecokube::test
