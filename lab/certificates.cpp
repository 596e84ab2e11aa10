#include "lab/certificates.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>

namespace ecokube::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kOpensslTimeLimit{30};
constexpr std::size_t kOutputBytesMax = 64UL * 1024;

struct Spawned {
  pid_t pid = -1;
  int output = -1;  ///< its stdout and stderr, to read
};

Result<Spawned> spawn(const std::vector<std::string>& argv) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(Errc::io, fmt::format("making a pipe: {}", std::strerror(errno)));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& text : argv) arguments.push_back(const_cast<char*>(text.c_str()));
  arguments.push_back(nullptr);
  Spawned child{.pid = -1, .output = ends[0]};
  const int error =
      ::posix_spawnp(&child.pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error == 0) return child;
  ::close(ends[0]);
  return fail(Errc::io, fmt::format("starting {}: {} (is the package openssl installed?)", argv[0],
                                    std::strerror(error)));
}

/// What the child printed until it closed its output; nullopt when it takes too long.
std::optional<std::string> read_output(int fd) {
  const auto until = std::chrono::steady_clock::now() + kOpensslTimeLimit;
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    const auto count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    if (text.size() < kOutputBytesMax) text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

Result<void> run_openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const auto child = spawn(arguments);
  if (!child) return std::unexpected(child.error());
  const auto output = read_output(child->output);
  ::close(child->output);
  if (!output) ::kill(child->pid, SIGKILL);
  int status = 0;
  while (::waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!output) {
    return fail(Errc::timeout, fmt::format("'openssl {}' did not end within {} s", arguments[1],
                                           kOpensslTimeLimit.count()));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Errc::io, fmt::format("'{}' failed: {}", fmt::join(arguments, " "), *output));
}

/// A new EC P-256 key and what else `req` is told.
std::vector<std::string> req_arguments(const std::string& common_name, const fs::path& key,
                                       const std::string& organization = {}) {
  return {"req",
          "-new",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-keyout",
          key.string(),
          "-subj",
          (organization.empty() ? "" : "/O=" + organization) + "/CN=" + common_name};
}

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Result<CertificateFiles> finish(CertificateFiles files) {
  std::error_code ec;
  fs::permissions(files.key, fs::perms::owner_read | fs::perms::owner_write, ec);
  if (ec) return fail(Errc::io, fmt::format("chmod 600 {}: {}", files.key.string(), ec.message()));
  return files;
}

/// `openssl req -x509` always starts at the present, so the past goes through `openssl ca`, which
/// wants a small configuration and a database; both are gone when it is done.
Result<void> sign_expired(const fs::path& request, const CertificateFiles& ca,
                          const fs::path& certificate) {
  const fs::path index = certificate.string() + ".index";
  const fs::path config = certificate.string() + ".cnf";
  std::ofstream(index).close();
  std::ofstream(config) << "[ca]\ndefault_ca = lab\n[lab]\ndatabase = " << index.string()
                        << "\nnew_certs_dir = " << certificate.parent_path().string()
                        << "\nrand_serial = yes\ndefault_md = sha256\npolicy = any\n"
                           "copy_extensions = copy\nunique_subject = no\n"
                           "[any]\ncommonName = supplied\n";
  auto done = run_openssl({"ca", "-batch", "-notext", "-config", config.string(), "-in",
                           request.string(), "-cert", ca.certificate.string(), "-keyfile",
                           ca.key.string(), "-out", certificate.string(), "-startdate",
                           "20200101000000Z", "-enddate", "20200201000000Z"});
  std::error_code ignored;
  for (const fs::path& left :
       {index, config, fs::path(index.string() + ".attr"), fs::path(index.string() + ".old")}) {
    fs::remove(left, ignored);
  }
  return done;
}

}  // namespace

Result<CertificateFiles> make_ca(const fs::path& folder, const std::string& stem) {
  CertificateFiles files{folder / (stem + ".crt"), folder / (stem + ".key")};
  auto arguments = req_arguments(stem, files.key);
  append(arguments, {"-x509", "-days", "30", "-out", files.certificate.string(), "-addext",
                     "keyUsage=critical,keyCertSign,cRLSign"});
  if (auto done = run_openssl(std::move(arguments)); !done) {
    return fail_while("making the CA " + stem, std::move(done.error()));
  }
  return finish(std::move(files));
}

Result<CertificateFiles> make_certificate(const fs::path& folder, const CertificateFiles& ca,
                                          const CertificateWish& wish) {
  CertificateFiles files{folder / (wish.file_stem + ".crt"), folder / (wish.file_stem + ".key")};
  auto arguments = req_arguments(wish.file_stem, files.key, wish.organization);
  if (!wish.sans.empty()) {
    append(arguments, {"-addext", fmt::format("subjectAltName={}", fmt::join(wish.sans, ","))});
  }
  append(arguments, {"-addext", "extendedKeyUsage=serverAuth,clientAuth", "-addext",
                     "basicConstraints=critical,CA:FALSE"});
  const fs::path request = folder / (wish.file_stem + ".csr");
  if (wish.already_expired) {
    append(arguments, {"-out", request.string()});
  } else {
    append(arguments, {"-x509", "-CA", ca.certificate.string(), "-CAkey", ca.key.string(), "-days",
                       std::to_string(wish.days), "-out", files.certificate.string()});
  }
  auto done = run_openssl(std::move(arguments));
  if (done && wish.already_expired) done = sign_expired(request, ca, files.certificate);
  std::error_code ignored;
  fs::remove(request, ignored);
  if (!done) return fail_while("making the certificate " + wish.file_stem, std::move(done.error()));
  return finish(std::move(files));
}

}  // namespace ecokube::lab
