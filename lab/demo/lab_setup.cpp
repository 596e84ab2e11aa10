#include "lab/demo/lab_setup.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "lab/certificates.h"
#include "lab/demo/lab_configs.h"
#include "lab/logins.h"

namespace ecokube::lab {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStamp = ".ecokube-lab";  // marks a folder that we may empty
constexpr std::size_t kSocketPathMax = 107;

std::vector<std::string> users() {
  std::vector<std::string> out{"admin", "coordinator", "scheduler", "deployments"};
  for (const LabNode& node : kLabNodes) out.push_back(fmt::format("kubelet-{}", node.name));
  return out;
}

Result<void> empty_folder(const LabLayout& lab) {
  std::error_code error;
  if (fs::exists(lab.folder, error) && !fs::is_empty(lab.folder, error) &&
      !fs::exists(lab.folder / kStamp, error)) {
    return fail(Errc::config, fmt::format("--dir {}: is not empty and no lab's folder; name "
                                          "another one or empty it yourself",
                                          lab.folder.string()));
  }
  fs::remove_all(lab.folder, error);
  for (const auto& folder : {lab.certificates(), lab.folder / "kubeconfigs", lab.folder / "log"}) {
    fs::create_directories(folder, error);
    if (error) return fail(Errc::io, "creating " + folder.string() + ": " + error.message());
  }
  return write_file(lab.folder / kStamp, "This folder is a lab's: the next run empties it.\n");
}

Result<void> check_programs(const LabLayout& lab) {
  std::vector<const char*> needed{
      "ecokube-agent", "ecokube-coordinator", "ecoctl",      "eco-upload",
      "eco-worker",    "lab-kubelet",         "lab-machine", "lab-power"};
  needed.push_back(lab.real_broker() ? "lab-kafka" : "lab-broker");
  if (lab.real()) {
    needed.insert(needed.end(), {"lab-control-plane", "lab-witness"});
  } else {
    needed.insert(needed.end(), {"lab-kubernetes", "lab-scheduler", "lab-deployments"});
  }
  for (const char* name : needed) {
    std::error_code error;
    if (fs::exists(lab.program(name), error)) continue;
    return fail(Errc::config, fmt::format("{} is missing: build it, or say by --bin where the "
                                          "programs are",
                                          lab.program(name)));
  }
  const auto longest = (lab.machine("worker1") / "power.sock").string();
  if (longest.size() > kSocketPathMax) {
    return fail(Errc::config,
                fmt::format("--dir {}: too long for the Unix sockets in it, at most "
                            "{} characters",
                            lab.folder.string(),
                            kSocketPathMax - (longest.size() - lab.folder.string().size())));
  }
  return {};
}

Result<void> make_certificates(const LabLayout& lab) {
  const auto ca = make_ca(lab.certificates(), "ca");
  if (!ca) return std::unexpected(ca.error());
  const std::string address = "IP:" + lab.master_address();
  std::vector<CertificateWish> wishes{
      {.file_stem = "api-server", .sans = {address}},
      {.file_stem = "coordinator", .sans = {"URI:ecokube://coordinator/lab", address}}};
  for (const LabNode& node : kLabNodes) {
    wishes.push_back({.file_stem = std::string(node.name),
                      .sans = {fmt::format("URI:ecokube://node/{}", node.name)}});
  }
  for (const auto& wish : wishes) {
    auto made = make_certificate(lab.certificates(), *ca, wish);
    if (!made) return std::unexpected(made.error());
  }
  return {};
}

Result<void> make_tokens(const LabLayout& lab) {
  std::string tokens;
  for (const auto& user : users()) {
    const std::string token = make_token();
    tokens += fmt::format("{} {}\n", token, user);
    auto done = write_kubeconfig(lab.kubeconfig(user),
                                 {lab.api_server(), user, token, lab.certificates() / "ca.crt"});
    if (!done) return done;
  }
  return write_private(lab.tokens(), tokens);
}

Result<void> make_machine(const LabLayout& lab, const LabNode& node, const RunParameters& run) {
  const fs::path machine = lab.machine(node.name);
  for (const char* folder : {"state", "pods", "shutdown.d"}) {
    std::error_code error;
    fs::create_directories(machine / folder, error);
    if (error) {
      return fail(Errc::io, "creating " + (machine / folder).string() + ": " + error.message());
    }
  }
  const std::string id = make_token() + "\n";
  if (auto done = write_file(machine / "machine-id", id); !done) return done;
  if (auto done = write_agent_config(lab, node); !done) return done;
  return write_machine_config(lab, node, run);
}

}  // namespace

Result<std::string> read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Errc::io, "reading " + file.string() + ": " + std::strerror(errno));
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

Result<void> write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out.flush()) return fail(Errc::io, "writing " + file.string() + ": " + std::strerror(errno));
  return {};
}

Result<void> set_up_lab(const LabLayout& lab, const RunParameters& run) {
  if (auto done = check_programs(lab); !done) return done;
  if (auto done = empty_folder(lab); !done) return done;
  if (auto done = make_certificates(lab); !done) return done;
  // A real control plane makes its own.
  if (!lab.real()) {
    if (auto done = make_tokens(lab); !done) return done;
  }
  for (const LabNode& node : kLabNodes) {
    if (auto done = make_machine(lab, node, run); !done) return done;
  }
  return write_file(lab.truth_log(), "");
}

}  // namespace ecokube::lab
