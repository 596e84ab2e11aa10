#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "common/child_process.h"
#include "coordinator/power/bmc_access.h"
#include "lab/bmc/simulated_bmc.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// A real ipmi_sim in front of a machine that is a file, with faults.
class TestBmc {
 public:
  static constexpr const char* kGuid = "a123456789abcdefa123456789000001";

  /// The machine is off. Returns when it answers.
  explicit TestBmc(boost::asio::io_context& io);

  [[nodiscard]] IpmiAccess access() const;
  [[nodiscard]] bool on() const { return read_text(dir_ / "power") == "1\n"; }
  void set_on(bool on) { dir_.write("power", on ? "1\n" : "0\n"); }
  /// What it was told, one "set ..." a line.
  [[nodiscard]] std::string orders() const { return read_text(dir_ / "orders"); }
  [[nodiscard]] int reads() const { return static_cast<int>(read_text(dir_ / "reads").size()); }

  void signal(int signal) { sim_->signal_group(signal); }
  void kill();
  void start();
  /// It takes the command and never answers, until go_on().
  void hang() { dir_.write("hang", ""); }
  void go_on() { std::filesystem::remove(dir_ / "hang"); }
  /// It says yes to every order and does nothing.
  void lie() { dir_.write("lie", ""); }
  /// So many readings after it went off still say on.
  void stay_on_for(int readings) { dir_.write("late", std::string(readings, 'x')); }

  TempDir& dir() { return dir_; }

 private:
  boost::asio::io_context& io_;
  TempDir dir_;
  lab::SimulatedBmcOptions options_;
  std::unique_ptr<ChildProcess> sim_;
};

}  // namespace ecokube::test
