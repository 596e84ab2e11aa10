#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/child_process.h"
#include "common/error.h"
#include "common/mac_address.h"

namespace ecokube::lab {

struct VirtualMachineOptions {
  std::filesystem::path folder;  ///< its sockets and console, and power_socket_path() of it
  std::filesystem::path kernel;  ///< made by ./dev setup --real
  std::filesystem::path image;   ///< made by make_image()
  std::string tap;               ///< made by add_machine_port()
  MacAddress mac;
  std::string uuid;  ///< of its firmware
};

/// A machine with a real kernel, emulated by QEMU, on the wire of enter_wire(). While it is off or
/// suspended its card hears magic packets there, as it would by standby power. Its power button is
/// pressed by `lab-power` or a simulated BMC as well. It is off at first, and gone with this.
class VirtualMachine {
 public:
  enum class Power { off, on, suspended };

  [[nodiscard]] static Result<std::unique_ptr<VirtualMachine>> plug_in(
      boost::asio::any_io_executor executor, VirtualMachineOptions options);
  ~VirtualMachine();
  VirtualMachine(const VirtualMachine&) = delete;
  VirtualMachine& operator=(const VirtualMachine&) = delete;

  [[nodiscard]] const MacAddress& mac() const { return options_.mac; }
  /// Whether its card wakes it; at first it does. That its system armed it is another matter.
  void set_card_armed(bool armed) { card_armed_ = armed; }
  /// All on the wire since the start, for whatever machine.
  [[nodiscard]] int magic_packets_seen() const { return magic_packets_seen_; }

  /// As its button: wakes it too where it is suspended. What is on stays so.
  [[nodiscard]] Result<void> switch_on();
  /// The button while it runs: ACPI tells its system, which may go down.
  void press_button();
  /// As pulling the plug.
  void cut_power();

  [[nodiscard]] bool runs() const { return qemu_ && qemu_->running(); }
  /// When it was last switched on.
  [[nodiscard]] std::chrono::steady_clock::time_point started() const { return started_; }
  [[nodiscard]] boost::asio::awaitable<Result<Power>> power();
  /// QEMU's exit code, 0 where the system powered the machine off; nullopt: it still runs.
  [[nodiscard]] boost::asio::awaitable<std::optional<int>> goes_off(
      std::chrono::milliseconds limit);
  /// False: another power still, or no answer.
  [[nodiscard]] boost::asio::awaitable<bool> reaches_power(Power wanted,
                                                           std::chrono::milliseconds limit);

  /// Has root run a shell command in it, as soon as it is up: what that printed; refused when it
  /// ended with another code than 0.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> run(std::string command,
                                                                std::chrono::milliseconds limit);
  /// What the kernel and QEMU said.
  [[nodiscard]] std::string console() const;

 private:
  VirtualMachine(boost::asio::any_io_executor executor, VirtualMachineOptions options, int ear,
                 int button);
  /// Both until it is gone.
  [[nodiscard]] boost::asio::awaitable<void> hear_frames();
  [[nodiscard]] boost::asio::awaitable<void> serve_button();
  void hear(std::span<const std::uint8_t> frame);
  [[nodiscard]] std::string obey(std::string_view word);
  void tell_qemu(boost::asio::awaitable<Result<void>> work);

  boost::asio::any_io_executor executor_;
  VirtualMachineOptions options_;
  boost::asio::posix::stream_descriptor ear_, button_;
  std::shared_ptr<bool> gone_ = std::make_shared<bool>(false);
  std::unique_ptr<ChildProcess> qemu_;
  std::chrono::steady_clock::time_point started_{};
  bool card_armed_ = true;
  int magic_packets_seen_ = 0;
};

}  // namespace ecokube::lab
