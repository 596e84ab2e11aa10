#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "common/child_process.h"
#include "coordinator/power/bmc_access.h"
#include "coordinator/power/management_controller.h"
#include "lab/bmc/redfish_service.h"
#include "lab/bmc/simulated_bmc.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// What a test's management controller is asked by.
enum class Way { ipmi, redfish, exec };
[[nodiscard]] std::string_view to_string(Way way);

/// A management controller in front of a machine that is a file, with faults: a real ipmi_sim, a
/// Redfish service of the lab, or a program. What is the same of all of them is here.
class TestBmc {
 public:
  static constexpr const char* kGuid = "a123456789abcdefa123456789000001";

  /// The machine is off.
  TestBmc();
  virtual ~TestBmc() = default;

  [[nodiscard]] virtual BmcAccess access() const = 0;
  /// The same with a password that is none there.
  [[nodiscard]] virtual BmcAccess wrong_access() const = 0;
  /// Nobody answers any more, until start().
  virtual void kill() = 0;
  virtual void start() = 0;

  [[nodiscard]] bool on() const { return read_text(dir_ / "power") == "1\n"; }
  void set_on(bool on) { dir_.write("power", on ? "1\n" : "0\n"); }
  /// What it was told, one "set ..." a line.
  [[nodiscard]] std::string orders() const { return read_text(dir_ / "orders"); }
  [[nodiscard]] int reads() const { return static_cast<int>(read_text(dir_ / "reads").size()); }

  /// It takes the command and never answers, until go_on().
  void hang() { dir_.write("hang", ""); }
  void go_on() { std::filesystem::remove(dir_ / "hang"); }
  /// An order that it takes is carried out when it may finish(), and not before.
  void take_time() { dir_.write("slow", ""); }
  void finish() { std::filesystem::remove(dir_ / "slow"); }
  /// It says yes to every order and does nothing.
  void lie() { dir_.write("lie", ""); }
  /// So many readings after it went off still say on.
  void stay_on_for(int readings) { dir_.write("late", std::string(readings, 'x')); }

  TempDir& dir() { return dir_; }

 protected:
  [[nodiscard]] std::filesystem::path chassis() const { return dir_ / "chassis"; }

 private:
  TempDir dir_;
};

/// Returns when it answers.
[[nodiscard]] std::unique_ptr<TestBmc> make_test_bmc(boost::asio::io_context& io, Way way);

/// What `controller` says that its machine draws.
[[nodiscard]] Result<MeasuredPower> watts_of(boost::asio::io_context& io,
                                             ManagementController& controller);

/// A real ipmi_sim.
class IpmiTestBmc final : public TestBmc {
 public:
  explicit IpmiTestBmc(boost::asio::io_context& io);
  [[nodiscard]] IpmiAccess ipmi() const;
  [[nodiscard]] BmcAccess access() const override { return ipmi(); }
  [[nodiscard]] BmcAccess wrong_access() const override;
  void kill() override;
  void start() override;
  void signal(int signal) { sim_->signal_group(signal); }
  /// SimulatedBmcOptions::dcmi, from now on.
  void say_dcmi(const std::string& reading) { dir().write("dcmi", reading); }

 private:
  boost::asio::io_context& io_;
  lab::SimulatedBmcOptions options_;
  std::unique_ptr<ChildProcess> sim_;
};

/// A Redfish service in this process.
class RedfishTestBmc final : public TestBmc {
 public:
  explicit RedfishTestBmc(boost::asio::io_context& io);
  [[nodiscard]] RedfishAccess redfish() const;
  [[nodiscard]] BmcAccess access() const override { return redfish(); }
  [[nodiscard]] BmcAccess wrong_access() const override;
  void kill() override { service_.reset(); }
  void start() override;
  [[nodiscard]] lab::RedfishService& service() { return *service_; }

  struct Fingerprints {
    std::string certificate, key;
  };
  /// Of what it shows.
  [[nodiscard]] Fingerprints fingerprints() const;

 private:
  boost::asio::io_context& io_;
  lab::RedfishServiceOptions options_;
  std::unique_ptr<lab::RedfishService> service_;
};

/// A program that stands for one.
class ExecTestBmc final : public TestBmc {
 public:
  ExecTestBmc();
  [[nodiscard]] ExecAccess exec() const;
  [[nodiscard]] BmcAccess access() const override { return exec(); }
  [[nodiscard]] BmcAccess wrong_access() const override;
  void kill() override;
  void start() override;
};

}  // namespace ecokube::test
