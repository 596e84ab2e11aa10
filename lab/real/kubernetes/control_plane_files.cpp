#include "lab/real/kubernetes/control_plane_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include "common/whole_file.h"
#include "lab/certificates.h"
#include "lab/logins.h"

namespace ecokube::lab {

namespace fs = std::filesystem;

namespace {

Result<void> make_certificates(const ControlPlaneFiles& files, const std::string& host) {
  const fs::path folder = files.folder / "pki";
  const auto ca = make_ca(folder, "ca");
  if (!ca) return std::unexpected(ca.error());
  // Tests reach it through a proxy on 127.0.0.1. The second one only lends its key, to sign the
  // tokens of service accounts.
  for (const auto& wish : {CertificateWish{.file_stem = "apiserver",
                                           .sans = {"IP:" + host, "IP:127.0.0.1", "DNS:localhost"}},
                           CertificateWish{.file_stem = "service-accounts", .sans = {}}}) {
    auto made = make_certificate(folder, *ca, wish);
    if (!made) return std::unexpected(made.error());
  }
  return {};
}

/// The tokens of an earlier run by the names of their users.
std::map<std::string, std::string> read_tokens(const ControlPlaneFiles& files) {
  std::map<std::string, std::string> tokens;
  std::ifstream in(files.tokens());
  for (std::string line; std::getline(in, line);) {
    const auto comma = line.find(',');
    if (comma == std::string::npos) continue;
    tokens[line.substr(comma + 1, line.find(',', comma + 1) - comma - 1)] = line.substr(0, comma);
  }
  return tokens;
}

}  // namespace

Result<ControlPlaneUser> parse_control_plane_user(std::string_view text) {
  const auto bad = [&] {
    return fail(Errc::config, fmt::format("--user {}: expected FILE=USER[,GROUP...]", text));
  };
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return bad();
  ControlPlaneUser user{.file = std::string(text.substr(0, equals)), .name = "", .groups = {}};
  auto rest = text.substr(equals + 1);
  while (true) {
    const auto comma = rest.find(',');
    const auto word = rest.substr(0, comma);
    if (word.empty() || word.find('"') != std::string_view::npos) return bad();
    user.name.empty() ? user.name = word : user.groups.emplace_back(word);
    if (comma == std::string_view::npos) return user;
    rest.remove_prefix(comma + 1);
  }
}

fs::path ControlPlaneFiles::certificate(const std::string& stem) const {
  return folder / "pki" / (stem + ".crt");
}
fs::path ControlPlaneFiles::key(const std::string& stem) const {
  return folder / "pki" / (stem + ".key");
}
fs::path ControlPlaneFiles::kubeconfig(const std::string& user) const {
  return folder / "kubeconfigs" / user;
}
fs::path ControlPlaneFiles::log(const std::string& program) const {
  return folder / "log" / (program + ".log");
}
fs::path ControlPlaneFiles::pid(const std::string& program) const {
  return folder / "run" / program;
}

Result<void> make_control_plane_files(const ControlPlaneFiles& files, const HostPort& server,
                                      std::vector<ControlPlaneUser> users) {
  std::error_code error;
  fs::remove(files.ready(), error);
  for (const char* name : {"pki", "kubeconfigs", "log", "run"}) {
    fs::create_directories(files.folder / name, error);
    if (error) return fail(Errc::io, "creating " + (files.folder / name).string());
  }
  if (!fs::exists(files.certificate("ca"), error)) {
    if (auto done = make_certificates(files, server.host); !done) return done;
  }
  users.push_back({"admin", "admin", {"system:masters"}});
  for (const char* name : {"kube-scheduler", "kube-controller-manager"}) {
    users.push_back({name, std::string("system:") + name, {}});
  }
  auto tokens = read_tokens(files);
  std::string lines;
  for (const auto& user : users) {
    auto& token = tokens[user.name];
    if (token.empty()) token = make_token();
    lines +=
        fmt::format("{},{},{},\"{}\"\n", token, user.name, user.name, fmt::join(user.groups, ","));
    auto done = write_kubeconfig(files.kubeconfig(user.file),
                                 {server.text(), user.file, token, files.certificate("ca")});
    if (!done) return done;
  }
  return write_private(files.tokens(), lines);
}

Result<void> write_scheduler_config(const ControlPlaneFiles& files, const fs::path& from) try {
  auto config = YAML::LoadFile(from.string());
  config["clientConnection"]["kubeconfig"] = files.kubeconfig("kube-scheduler").string();
  return write_whole_file(files.scheduler_config(), YAML::Dump(config) + "\n");
} catch (const YAML::Exception& error) {
  return fail(Errc::config, from.string() + ": " + error.what());
}

}  // namespace ecokube::lab
