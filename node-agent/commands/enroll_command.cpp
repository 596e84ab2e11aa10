#include "node-agent/commands/enroll_command.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>

#include "common/boot_clock.h"
#include "common/durable_file.h"
#include "common/host_port.h"
#include "common/names.h"
#include "node-agent/config.h"
#include "node-agent/identity/identity_files.h"
#include "node-agent/link/enroll.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
constexpr std::chrono::seconds kLimit{15};
constexpr std::size_t kTokenBytesMax = 128;

/// What is to be enrolled, and where it goes.
struct Target {
  std::string node_name;
  TlsFiles files;
  bool configured = false;
};

Result<Target> find_target(const EnrollCommand& command) {
  Target target{host_name(), standard_identity(kStateDir)};
  std::error_code error;
  if (fs::exists(command.config, error)) {
    auto config = read_config(command.config);
    if (!config) return std::unexpected(std::move(config.error()));
    target = {config->node_name, config->tls, true};
  }
  if (!command.node_name.empty()) target.node_name = command.node_name;
  if (!is_node_name(target.node_name)) {
    return fail(Errc::config, "'" + target.node_name +
                                  "' is no node's name (lower case letters, digits, '-' and '.'); "
                                  "say --node-name");
  }
  return target;
}

Result<std::string> find_token(const EnrollCommand& command) {
  if (command.token.empty() == command.token_file.empty()) {
    return fail(Errc::config,
                "give the token by --token, by --token-file or in ECOKUBE_TOKEN, by one of them");
  }
  if (!command.token.empty()) return command.token;
  auto text = read_file(command.token_file, kTokenBytesMax);
  if (!text) return fail(Errc::config, "the token: " + text.error().message);
  const auto end = text->find_last_not_of(" \t\r\n");
  return text->substr(0, end == std::string::npos ? 0 : end + 1);
}

Result<void> check_free(const TlsFiles& files, bool force) {
  std::error_code error;
  for (const auto& file : {files.key, files.certificate, files.ca}) {
    if (force || !fs::exists(fs::symlink_status(file, error))) continue;
    return fail(Errc::conflict, file.string() +
                                    " exists already: is this machine enrolled? To replace it, say "
                                    "--force");
  }
  return {};
}

/// The folder is the agent's alone: it holds the key.
Result<void> make_folder_of(const fs::path& file) {
  std::error_code error;
  const auto folder = file.parent_path();
  if (folder.empty() || fs::exists(folder, error)) return {};
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (!error) return {};
  return fail(Errc::io, "making " + folder.string() + ": " + error.message());
}

Result<v1::Issued> ask(const EnrollCommand& command, PinnedTls tls, v1::Enroll message) {
  asio::io_context io(1);
  std::optional<Result<v1::Issued>> answer;
  asio::co_spawn(
      io,
      enroll_at(io.get_executor(), command.coordinator, std::move(tls), std::move(message), kLimit),
      [&answer](const std::exception_ptr& error, Result<v1::Issued> issued) {
        answer = error ? fail(Errc::io, "the connection failed unforeseen") : std::move(issued);
      });
  io.run();
  return std::move(*answer);
}

void say_what_next(const EnrollCommand& command, const Target& target) {
  std::cout << target.node_name << " is enrolled at " << command.coordinator
            << ".\nKey:         " << target.files.key.string()
            << "\nCertificate: " << target.files.certificate.string()
            << "\nCA:          " << target.files.ca.string() << "\n";
  if (target.configured) {
    std::cout << "Next: systemctl restart ecokube-agent, then ecokube-agent status\n";
    return;
  }
  std::cout << "Next: write " << command.config.string() << ":\n\n  node_name = \""
            << target.node_name << "\"\n  [coordinator]\n  addresses = [\"" << command.coordinator
            << "\"]\n\nthen: systemctl enable --now ecokube-agent\n";
}

}  // namespace

Result<int> run_enroll(const EnrollCommand& command) {
  const auto target = find_target(command);
  if (!target) return std::unexpected(target.error());
  auto token = find_token(command);
  if (!token) return std::unexpected(std::move(token.error()));
  if (const auto where = parse_host_port(command.coordinator); !where) {
    return fail(Errc::config, "--coordinator: " + where.error().message);
  }
  auto tls = make_enrol_client_context(command.ca_hash);
  if (!tls) return std::unexpected(std::move(tls.error()));
  const auto& files = target->files;
  if (auto free = check_free(files, command.force); !free) {
    return std::unexpected(std::move(free.error()));
  }
  const auto key = make_key();
  if (!key) return std::unexpected(key.error());
  auto request = make_signing_request(key->get());
  if (!request) return std::unexpected(std::move(request.error()));
  v1::Enroll message;
  message.set_token(std::move(*token));
  message.set_node_name(target->node_name);
  message.set_signing_request(std::move(*request));
  const auto issued = ask(command, std::move(*tls), std::move(message));
  if (!issued) return std::unexpected(issued.error());
  const IdentityText text{to_pem(key->get()), issued->certificate(), issued->ca_bundle()};
  const auto checked = check_identity(text, target->node_name, RealClock().now());
  if (!checked)
    return fail(Errc::protocol,
                "the coordinator's answer is of no use: " + checked.error().message);
  for (const auto& file : {files.ca, files.certificate, files.key}) {
    if (auto made = make_folder_of(file); !made) return std::unexpected(std::move(made.error()));
  }
  if (auto written = replace_identity(files, text); !written) {
    return std::unexpected(std::move(written.error()));
  }
  say_what_next(command, *target);
  return 0;
}

}  // namespace ecokube::agent
