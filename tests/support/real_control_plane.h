#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "lab/real/kubernetes/control_plane_files.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// One run of lab-control-plane on a loopback address, or with --own-network another, killed and
/// gone with its data when it goes out of scope. Throws when it does not come up.
/// ECOKUBE_REAL_KUBERNETES names the binary.
class RealControlPlane {
 public:
  /// The second takes its certificates and tokens from another, so that it can stand in for it.
  /// `more` are further options of lab-control-plane.
  RealControlPlane(const std::string& address, std::uint16_t port,
                   const RealControlPlane* with_logins_of = nullptr,
                   const std::vector<std::string>& more = {});

  [[nodiscard]] const lab::ControlPlaneFiles& files() const { return files_; }
  /// The API server dies and is back, empty of all that it remembered.
  void kill_api_server();
  /// What is in etcd now, as a crash at this moment would leave it.
  void back_up(const std::filesystem::path& to);
  /// All parts die, and come back with that data.
  void restore(const std::filesystem::path& from);
  /// Runs kubectl as admin and returns what it printed; throws when it fails.
  std::string kubectl(const std::string& arguments);

 private:
  TempDir dir_;
  lab::ControlPlaneFiles files_{dir_.path()};
  boost::asio::io_context io_{1};
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace ecokube::test
