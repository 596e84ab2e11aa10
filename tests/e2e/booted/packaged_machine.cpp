#include "tests/e2e/booted/packaged_machine.h"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "lab/real/debian/booted_debian.h"
#include "tests/support/must.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

namespace fs = std::filesystem;

void install_agent(const fs::path& disk) {
  boost::asio::io_context io{1};
  lab::BootedDebian machine(io.get_executor(), disk, machine_name());
  must(run(io, machine.boot()));
  fs::copy_file(real_part("ECOKUBE_AGENT_DEB"), disk / "root/ecokube-agent.deb");
  must(run(io, machine.run({"dpkg", "--install", "/root/ecokube-agent.deb"})));
}

}  // namespace

fs::path real_part(const char* variable) {
  const char* file = std::getenv(variable);
  if (file != nullptr) return file;
  throw std::runtime_error(std::string(variable) + " is not set: ./dev test real");
}

void put_certificates(const fs::path& disk, const fs::path& ca, const lab::CertificateFiles& node) {
  const auto folder = disk / "etc/ecokube";
  fs::create_directories(folder);
  for (const auto& [from, name] :
       {std::pair{ca, "ca.crt"}, std::pair{node.certificate, "agent.crt"},
        std::pair{node.key, "agent.key"}}) {
    fs::copy_file(from, folder / name, fs::copy_options::overwrite_existing);
  }
}

std::string machine_name() { return "ecokube-agent-" + std::to_string(::getpid()); }

fs::path make_packaged_disk(const fs::path& folder) {
  auto disk = folder / "disk";
  must(lab::BootedDebian::install(real_part("ECOKUBE_REAL_DEBIAN"), disk));
  install_agent(disk);
  for (const auto& [file, text] :
       {std::pair{"address", "02:00:00:00:00:11\n"}, std::pair{"operstate", "up\n"},
        std::pair{"device/power/wakeup", "enabled\n"}}) {
    const auto path = disk / "var/lib/card/class/net/eno1" / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  return disk;
}

}  // namespace ecokube::test
