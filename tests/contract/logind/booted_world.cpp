#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "lab/real/debian/booted_debian.h"
#include "tests/contract/logind/login_world.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;

std::filesystem::path root_tar() {
  const char* file = std::getenv("ECOKUBE_REAL_DEBIAN");
  if (file == nullptr) throw std::runtime_error("ECOKUBE_REAL_DEBIAN is not set: ./dev test real");
  return file;
}

/// Unpacked once; each test boots it anew.
const std::filesystem::path& disk() {
  static const TempDir dir;
  static const auto installed = lab::BootedDebian::install(root_tar(), dir / "disk");
  static const auto disk = dir / "disk";
  must(installed);
  return disk;
}

class BootedWorld final : public LoginWorld {
 public:
  explicit BootedWorld(boost::asio::io_context& io) : io_(io) {
    machine_ = std::make_unique<lab::BootedDebian>(io.get_executor(), disk(),
                                                   "ecokube-" + std::to_string(::getpid()));
    must(run(io_, machine_->boot()));
  }

  std::string bus_address() const override { return machine_->bus_address(); }

  void inhibit(const std::string& what, const std::string& who, const std::string& mode) override {
    lock_ = must(machine_->start({"systemd-inhibit", "--what=" + what, "--who=" + who,
                                  "--why=a test", "--mode=" + mode, "sleep", "600"}));
    look_for(who, true);
  }
  void release() override {
    lock_.reset();
    look_for("a test", false);
  }
  void log_in() override {
    // On a terminal of its own, which stays as it is.
    must(run(io_, machine_->run({"systemd-run", "--quiet", "--unit=a-login", "script", "--quiet",
                                 "--command", "login -f root", "/dev/null"})));
    look_for_session(true);
  }
  void log_out() override {
    must(run(io_, machine_->run({"systemctl", "stop", "a-login"})));
    look_for_session(false);
  }
  bool learns_to_suspend() override { return false; }  // a container
  int sleeps() override { return 0; }
  bool goes_off() override { return run(io_, machine_->ends_within(10s)); }
  bool is_on() override { return machine_->runs(); }

 private:
  std::string said(std::vector<std::string> argv) {
    return run(io_, machine_->run(std::move(argv))).value_or("");
  }
  void look_for(const std::string& text, bool there) {
    must_become([&] {
      return (said({"systemd-inhibit", "--list"}).find(text) != std::string::npos) == there;
    });
  }
  void look_for_session(bool there) {
    must_become([&] {
      return (said({"loginctl", "--no-legend"}).find("root") != std::string::npos) == there;
    });
  }
  template <class So>
  void must_become(So so) {
    for (int tries = 0; tries < 200; ++tries) {
      if (so()) return;
    }
    throw std::runtime_error("the booted machine is not as it should be");
  }

  boost::asio::io_context& io_;
  std::unique_ptr<lab::BootedDebian> machine_;
  std::unique_ptr<ChildProcess> lock_;
};

}  // namespace

std::unique_ptr<LoginWorld> make_login_world(boost::asio::io_context& io) {
  return std::make_unique<BootedWorld>(io);
}

}  // namespace ecokube::test
