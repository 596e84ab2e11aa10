#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "common/child_process.h"
#include "coordinator/power/bmc_access.h"
#include "lab/real/vm/virtual_machine.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// The coordinator of the machine's agent listens there, at lab::Wire::kOurAddress.
inline constexpr std::uint16_t kVmAgentsPort = 7443;
/// Of the machine's firmware.
inline constexpr const char* kVmUuid = "a1234567-89ab-cdef-a123-456789000001";

/// This process and what it starts is on the wire from now on, where a machine can be plugged in.
void enter_vm_wire();

/// The disk of worker1: a Debian with the agent's package and the certificate of Certificates.
class VmDisk {
 public:
  /// `add` puts more into the disk's tree. After enter_vm_wire(), since that is for the whole
  /// thread.
  explicit VmDisk(const std::function<void(const std::filesystem::path& tree)>& add = {});

  /// A machine that boots from it, off at first; one at a time. Its files are in `folder`.
  [[nodiscard]] std::unique_ptr<lab::VirtualMachine> plug_in(
      boost::asio::any_io_executor executor, const std::filesystem::path& folder) const;

 private:
  TempDir dir_;
  std::filesystem::path image_ = dir_ / "disk.img";
};

/// A simulated BMC, on 127.0.0.1, of the machine whose files are in `dir`; it lives as long as
/// this.
struct VmBmc {
  std::unique_ptr<ChildProcess> simulator;
  IpmiAccess access;
};
[[nodiscard]] VmBmc start_vm_bmc(const boost::asio::any_io_executor& executor, const TempDir& dir);

}  // namespace ecokube::test
