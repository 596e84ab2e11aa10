#include "lab/certificates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <fstream>

#include "common/bounded_run.h"

namespace ecokube::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kOpensslTimeLimit{30};
constexpr std::size_t kOutputBytesMax = 64UL * 1024;

Result<void> run_openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const auto ran = run_bounded(arguments, kOpensslTimeLimit, kOutputBytesMax);
  if (ran && ran->status == 0) return {};
  const auto command = fmt::format("'{}'", fmt::join(arguments, " "));
  if (ran) return fail(Errc::io, fmt::format("{} failed: {}", command, ran->output));
  const auto& why = ran.error();
  if (why.code == Errc::timeout) {
    return fail(why.code, fmt::format("'openssl {}' did not end within {} s", arguments[1],
                                      kOpensslTimeLimit.count()));
  }
  if (why.code == Errc::too_large) return fail(why.code, command + " failed: " + why.message);
  return fail(Errc::io, fmt::format("starting {}: {} (is the package openssl installed?)",
                                    arguments[0], why.message));
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
