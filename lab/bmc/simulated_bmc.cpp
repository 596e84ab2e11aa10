#include "lab/bmc/simulated_bmc.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace ecokube::lab {
namespace {

Result<void> write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.close();
  if (out) return {};
  return fail(Errc::io, "writing " + file.string());
}

std::string module_line(const SimulatedBmcOptions& options) {
  if (options.dcmi_module.empty()) return "";
  return fmt::format("loadlib \"{}\" \"{}\"\n", options.dcmi_module.string(),
                     options.dcmi.string());
}

/// One user, of whom no more than an operator is asked.
std::string lan_configuration(const SimulatedBmcOptions& options) {
  const auto lan = options.lan.empty() ? "" : "    lan_config_program \"" + options.lan + "\"\n";
  return module_line(options) + fmt::format(R"(name "bmc"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {}
    priv_limit admin
    allowed_auths_callback md5
    allowed_auths_user md5
    allowed_auths_operator md5
    allowed_auths_admin md5
    guid {}
{}  endlan
  chassis_control "{}"
  user 2 true "{}" "{}" admin 10 md5
)",
                                            options.port, options.guid, lan, options.chassis,
                                            options.user, options.password);
}

constexpr const char* kController = R"(mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
)";

}  // namespace

Result<std::unique_ptr<ChildProcess>> start_simulated_bmc(
    const boost::asio::any_io_executor& executor, const SimulatedBmcOptions& options) {
  const auto state = options.folder / "state";
  std::error_code error;
  std::filesystem::create_directories(state, error);
  if (error) return fail(Errc::io, "making " + state.string() + ": " + error.message());
  const auto lan = options.folder / "lan.conf";
  const auto controller = options.folder / "sim.emu";
  if (auto written = write_password_file(lan, lan_configuration(options)); !written) {
    return std::unexpected(written.error());
  }
  if (auto written = write_file(controller, kController); !written) {
    return std::unexpected(written.error());
  }
  ChildOptions child;
  child.argv = {"ipmi_sim",          "-n", "-c",          lan.string(), "-f",
                controller.string(), "-s", state.string()};
  child.output_file = options.folder / "sim.log";
  child.no_input = true;
  child.die_with_parent = true;
  return start_child(executor, child);
}

Result<void> write_password_file(const std::filesystem::path& file, const std::string& password) {
  constexpr mode_t kOwnerOnly = 0600;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly);
  const bool written = fd >= 0 && ::write(fd, password.data(), password.size()) ==
                                      static_cast<ssize_t>(password.size());
  const int problem = errno;
  if (fd >= 0) ::close(fd);
  if (written) return {};
  return fail(Errc::io, "writing " + file.string() + ": " + std::strerror(problem));
}

Result<std::uint16_t> free_udp_port() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      fd >= 0 && ::bind(fd, plain, size) == 0 && ::getsockname(fd, plain, &size) == 0;
  const int problem = errno;
  if (fd >= 0) ::close(fd);
  if (bound) return ntohs(address.sin_port);
  return fail(Errc::io, std::string("looking for a free UDP port: ") + std::strerror(problem));
}

}  // namespace ecokube::lab
