#include "lab/real/vm/virtual_machine.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "common/asio_tuple.h"
#include "common/log.h"
#include "common/whole_file.h"
#include "lab/machine/power_socket.h"
#include "lab/real/vm/guest_shell.h"
#include "lab/real/vm/magic_frame.h"
#include "lab/real/vm/qemu_monitor.h"
#include "lab/real/vm/wire.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Power = VirtualMachine::Power;
constexpr auto kReadable = asio::posix::stream_descriptor::wait_read;
constexpr std::size_t kFrameMax = 2048;

fs::path monitor(const VirtualMachineOptions& options) { return options.folder / "qmp.sock"; }
fs::path guest_line(const VirtualMachineOptions& options) { return options.folder / "shell.sock"; }

std::vector<std::string> qemu_command(const VirtualMachineOptions& options) {
  const auto folder = options.folder.string();
  return {"qemu-system-x86_64", "-accel", "tcg,tb-size=64", "-cpu", "qemu64", "-machine", "q35",
          "-m", "320", "-smp", "2", "-uuid", options.uuid, "-nodefaults", "-no-user-config",
          "-display", "none", "-no-reboot",
          // It can suspend to RAM.
          "-global", "ICH9-LPC.disable_s3=0", "-serial", "file:" + folder + "/console", "-chardev",
          fmt::format("socket,id=shell,path={},server=on,wait=off", guest_line(options).string()),
          "-serial", "chardev:shell", "-qmp",
          fmt::format("unix:{},server=on,wait=off", monitor(options).string()), "-kernel",
          (options.kernel / "vmlinuz").string(), "-initrd", (options.kernel / "initrd.gz").string(),
          "-append", "console=ttyS0 root=/dev/vda rw quiet net.ifnames=0 mitigations=off", "-drive",
          fmt::format("file={},if=none,id=disk,format=raw,cache=unsafe", options.image.string()),
          "-device", "virtio-blk-pci,drive=disk", "-netdev",
          fmt::format("tap,id=wire,ifname={},script=no,downscript=no", options.tap),
          // Its driver, 8139cp, arms it for Wake-on-LAN in a register that QEMU keeps. Those of
          // e1000 and e1000e do not, since QEMU's cards have no PME#.
          "-device", fmt::format("rtl8139,netdev=wire,mac={},romfile=", options.mac.text())};
}

asio::awaitable<Result<Power>> power_of(asio::any_io_executor executor, fs::path monitor) {
  const auto said = co_await ask_qemu(std::move(executor), std::move(monitor), "query-status");
  if (!said) co_return std::unexpected(said.error());
  const auto* status = said->is_object() ? said->as_object().if_contains("status") : nullptr;
  const bool suspended = status != nullptr && *status == "suspended";
  co_return suspended ? Power::suspended : Power::on;
}

asio::awaitable<Result<void>> wake_if_suspended(asio::any_io_executor executor, fs::path monitor) {
  const auto power = co_await power_of(executor, monitor);
  if (!power) co_return std::unexpected(power.error());
  if (*power != Power::suspended) co_return Result<void>{};
  const auto said = co_await ask_qemu(executor, monitor, "system_wakeup");
  if (!said) co_return std::unexpected(said.error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> press(asio::any_io_executor executor, fs::path monitor) {
  const auto said = co_await ask_qemu(std::move(executor), std::move(monitor), "system_powerdown");
  if (!said) co_return std::unexpected(said.error());
  co_return Result<void>{};
}

void log_end(const std::exception_ptr& thrown, const Result<void>& done) {
  if (thrown) log::error("the virtual machine's button threw");
  if (!done) log::error("the virtual machine's button failed why=\"{}\"", done.error().message);
}

}  // namespace

Result<std::unique_ptr<VirtualMachine>> VirtualMachine::plug_in(asio::any_io_executor executor,
                                                                VirtualMachineOptions options) {
  const auto ear = listen_on_switch();
  if (!ear) return std::unexpected(ear.error());
  const auto button = listen_on_power_socket(power_socket_path(options.folder));
  if (!button) {
    ::close(*ear);
    return std::unexpected(button.error());
  }
  std::unique_ptr<VirtualMachine> machine(
      new VirtualMachine(std::move(executor), std::move(options), *ear, *button));
  const auto log_thrown = [](const std::exception_ptr& thrown) {
    if (thrown) log::error("the virtual machine's standby threw");
  };
  asio::co_spawn(machine->executor_, machine->hear_frames(), log_thrown);
  asio::co_spawn(machine->executor_, machine->serve_button(), log_thrown);
  return machine;
}

VirtualMachine::VirtualMachine(asio::any_io_executor executor, VirtualMachineOptions options,
                               int ear, int button)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      ear_(executor_, ear),
      button_(executor_, button) {}

VirtualMachine::~VirtualMachine() {
  *gone_ = true;
  cut_power();
}

// What waited when the machine went may be told of a frame all the same.
asio::awaitable<void> VirtualMachine::hear_frames() {
  const auto gone = gone_;
  std::array<std::uint8_t, kFrameMax> frame{};
  for (;;) {
    const auto [failed] = co_await ear_.async_wait(kReadable, kTuple);
    if (failed || *gone) co_return;
    const auto got = ::recv(ear_.native_handle(), frame.data(), frame.size(), MSG_DONTWAIT);
    if (got > 0) hear(std::span(frame).first(static_cast<std::size_t>(got)));
  }
}

asio::awaitable<void> VirtualMachine::serve_button() {
  const auto gone = gone_;
  for (;;) {
    const auto [failed] = co_await button_.async_wait(kReadable, kTuple);
    if (failed || *gone) co_return;
    serve_power_client(button_.native_handle(),
                       [this](std::string_view word) { return obey(word); });
  }
}

void VirtualMachine::hear(std::span<const std::uint8_t> frame) {
  const auto mac = magic_packet_in(frame);
  if (!mac) return;
  ++magic_packets_seen_;
  if (*mac != options_.mac || !reaches(frame, options_.mac) || !card_armed_) return;
  if (const auto done = switch_on(); !done) log_end(nullptr, done);
}

std::string VirtualMachine::obey(std::string_view word) {
  if (word == "status") return runs() ? "on" : "off";
  if (word == "on") {
    const auto done = switch_on();
    return done ? "on" : "error: " + done.error().message;
  }
  if (word == "off") {
    press_button();
    return "pressed";
  }
  if (word != "crash") return "error: there are status, on, off and crash";
  cut_power();
  return "off";
}

Result<void> VirtualMachine::switch_on() {
  if (runs()) {
    tell_qemu(wake_if_suspended(executor_, monitor(options_)));
    return {};
  }
  ChildOptions child;
  child.argv = qemu_command(options_);
  child.output_file = options_.folder / "qemu.log";
  child.no_input = true;
  child.die_with_parent = true;
  auto started = start_child(executor_, child);
  if (!started) return std::unexpected(started.error());
  qemu_ = std::move(*started);
  started_ = std::chrono::steady_clock::now();
  return {};
}

void VirtualMachine::press_button() {
  if (runs()) tell_qemu(press(executor_, monitor(options_)));
}

void VirtualMachine::cut_power() { qemu_.reset(); }

void VirtualMachine::tell_qemu(asio::awaitable<Result<void>> work) {
  asio::co_spawn(executor_, std::move(work), log_end);
}

asio::awaitable<Result<Power>> VirtualMachine::power() {
  if (!runs()) co_return Power::off;
  co_return co_await power_of(executor_, monitor(options_));
}

asio::awaitable<std::optional<int>> VirtualMachine::goes_off(std::chrono::milliseconds limit) {
  if (!qemu_) co_return 0;
  co_return co_await qemu_->wait(limit);
}

asio::awaitable<bool> VirtualMachine::reaches_power(Power wanted, std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kPause{50};
  const auto until = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < until) {
    const auto now = co_await power();
    if (now && *now == wanted) co_return true;
    asio::steady_timer timer(executor_, kPause);
    co_await timer.async_wait(kTuple);
  }
  co_return false;
}

asio::awaitable<Result<std::string>> VirtualMachine::run(std::string command,
                                                         std::chrono::milliseconds limit) {
  if (!runs()) co_return fail(Errc::unreachable, command + ": the virtual machine is off");
  co_return co_await run_in_guest(executor_, guest_line(options_), std::move(command), limit);
}

std::string VirtualMachine::console() const {
  std::string text;
  for (const auto* name : {"qemu.log", "console"}) {
    text += read_whole_file(options_.folder / name).value_or("");
  }
  return text;
}

}  // namespace ecokube::lab
