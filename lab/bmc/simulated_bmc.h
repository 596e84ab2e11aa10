#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "common/child_process.h"
#include "common/error.h"

namespace ecokube::lab {

/// OpenIPMI's ipmi_sim as the management controller of one machine, on 127.0.0.1.
struct SimulatedBmcOptions {
  std::filesystem::path folder;  ///< its files are made here
  std::uint16_t port = 0;        ///< UDP
  std::string user = "power";
  std::string password;
  std::string guid;  ///< 32 hexadecimal digits
  /// A command with its arguments, which is called with "get power" and prints "power:1" or
  /// "power:0", or with "set power 0|1" (off, on) or "set shutdown 1" (soft).
  std::string chassis;
  /// The built dcmi_module.cpp; empty: it knows no DCMI.
  std::filesystem::path dcmi_module = {};
  /// What that one answers by, read each time: "212 184 activated" is 212 W, 184 W in the mean of
  /// an hour; with "busy" in place of the state it can't answer now. Without this file the command
  /// is not known.
  std::filesystem::path dcmi = {};
  /// A command that is called with "get" and the names of LAN parameters (ip_addr, ip_addr_src,
  /// mac_addr, ...) and prints "name:value" for each; empty: they are all zero.
  std::string lan = {};
};

/// It runs until it is destroyed. Its output is in `folder`/sim.log.
[[nodiscard]] Result<std::unique_ptr<ChildProcess>> start_simulated_bmc(
    const boost::asio::any_io_executor& executor, const SimulatedBmcOptions& options);

/// Only its owner may read it, as the coordinator wants it.
[[nodiscard]] Result<void> write_password_file(const std::filesystem::path& file,
                                               const std::string& password);

/// A UDP port of 127.0.0.1 that nobody uses now.
[[nodiscard]] Result<std::uint16_t> free_udp_port();

}  // namespace ecokube::lab
