#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/error.h"

namespace ecokube::lab {

/// A Debian system with its own systemd, logind and D-Bus, booted as a container
/// (systemd-nspawn(1)) on a disk that is a folder. It shares our network. Needs root.
class BootedDebian {
 public:
  /// Unpacks `root_tar` (made by ./dev setup --real) as a disk.
  [[nodiscard]] static Result<void> install(const std::filesystem::path& root_tar,
                                            const std::filesystem::path& disk);

  BootedDebian(const boost::asio::any_io_executor& executor, std::filesystem::path disk,
               std::string name);
  ~BootedDebian();
  BootedDebian(const BootedDebian&) = delete;
  BootedDebian& operator=(const BootedDebian&) = delete;

  [[nodiscard]] const std::filesystem::path& disk() const { return disk_; }

  /// Returns once its default target is reached.
  [[nodiscard]] boost::asio::awaitable<Result<void>> boot();
  /// True once it has powered itself off, or rebooted, which ends it too.
  [[nodiscard]] boost::asio::awaitable<bool> ends_within(std::chrono::milliseconds limit);
  [[nodiscard]] bool runs() const { return machine_ && machine_->running(); }
  /// As pulling the plug.
  void cut_power();

  /// Runs a command in it: what it printed; refused when it ended with another code than 0.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> run(std::vector<std::string> argv);
  /// Starts a command in it that goes on.
  [[nodiscard]] Result<std::unique_ptr<ChildProcess>> start(std::vector<std::string> argv,
                                                            std::filesystem::path output = {});
  /// For clients outside: its D-Bus, as DBUS_SYSTEM_BUS_ADDRESS.
  [[nodiscard]] std::string bus_address() const;

 private:
  [[nodiscard]] std::vector<std::string> entered(std::vector<std::string> argv) const;
  void leave_cgroups() const;

  boost::asio::any_io_executor executor_;
  std::filesystem::path disk_;
  std::string name_;
  std::unique_ptr<ChildProcess> machine_;
  std::optional<pid_t> init_;  ///< its systemd, as we see it
};

}  // namespace ecokube::lab
