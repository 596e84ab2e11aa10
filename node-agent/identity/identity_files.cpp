#include "node-agent/identity/identity_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/durable_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

fs::path fresh_of(const fs::path& file) { return file.string() + ".new"; }

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::exists(fs::symlink_status(file, error));
}

/// The agent runs as a user of its own, and enrolment as root.
Result<void> give_to_folders_owner(const fs::path& file) {
  struct stat folder{};
  if (::geteuid() != 0 || ::stat(file.parent_path().c_str(), &folder) != 0) return {};
  if (::chown(file.c_str(), folder.st_uid, folder.st_gid) == 0) return {};
  return fail(Errc::io,
              "giving " + file.string() + " to its folder's owner: " + std::strerror(errno));
}

Result<void> write_fresh(const fs::path& file, const std::string& text, FileMode mode) {
  auto written = write_synced(fresh_of(file), text, mode);
  return written ? give_to_folders_owner(fresh_of(file)) : written;
}

}  // namespace

Result<Validity> check_identity(const IdentityText& text, const std::string& node, TimePoint now) {
  const auto key = parse_key(text.key);
  if (!key) return std::unexpected(key.error());
  const auto chain = parse_certificates(text.certificate);
  if (!chain) return fail(Errc::invalid, "the certificate: " + chain.error().message);
  const auto trusted = parse_certificates(text.ca_bundle);
  if (!trusted) return fail(Errc::invalid, "the CA certificates: " + trusted.error().message);
  auto* certificate = chain->front().get();
  if (!same_key(certificate, key->get())) {
    return fail(Errc::invalid, "the certificate is not for the key that was made here");
  }
  const auto identity = identity_of(certificate);
  if (!identity) return fail(Errc::invalid, identity.error().message);
  if (identity->role != PeerIdentity::Role::node || identity->name != node) {
    return fail(Errc::invalid,
                "the certificate is for '" + identity->name + "', not for node " + node);
  }
  auto valid = verify_certificate(certificate, *chain, *trusted, TlsEnd::client, now);
  if (!valid) return fail(Errc::invalid, "the certificate: " + valid.error().message);
  return validity_of(certificate);
}

// The key is renamed before the certificate: finish_replacement() knows by the key's name how far
// it came.
Result<void> replace_identity(const TlsFiles& files, const IdentityText& text) {
  auto done = write_fresh(files.ca, text.ca_bundle, FileMode::everyone_reads);
  if (done) done = rename_synced(fresh_of(files.ca), files.ca);
  if (done) done = write_fresh(files.key, text.key, FileMode::owner_only);
  if (done) done = write_fresh(files.certificate, text.certificate, FileMode::everyone_reads);
  if (done) done = rename_synced(fresh_of(files.key), files.key);
  if (done) done = rename_synced(fresh_of(files.certificate), files.certificate);
  return done;
}

Result<void> finish_replacement(const TlsFiles& files) {
  const bool key_waits = is_there(fresh_of(files.key));
  const bool certificate_waits = is_there(fresh_of(files.certificate));
  if (certificate_waits && !key_waits) {
    return rename_synced(fresh_of(files.certificate), files.certificate);
  }
  std::error_code error;
  for (const auto& file : {files.key, files.certificate}) {
    if (is_there(fresh_of(file))) fs::remove(fresh_of(file), error);
    if (error) return fail(Errc::io, "removing " + file.string() + ".new: " + error.message());
  }
  return {};
}

}  // namespace ecokube::agent
