#include "coordinator/enrolment/make_authority.h"

#include <openssl/objects.h>
#include <openssl/rand.h>

#include <array>

#include "common/durable_file.h"
#include "coordinator/enrolment/certificate_builder.h"

namespace ecokube::enrolment {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

constexpr hours kDay{24};
constexpr auto kAuthorityLife = kDay * 3650;
constexpr auto kCoordinatorLife = kDay * 398;

/// CAs of one house differ in their names too, so that a rotation's two are told apart.
std::string authority_name() {
  std::array<unsigned char, 4> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return "Eco-Kube CA " + hex_of(bytes.data(), bytes.size());
}

Result<void> refuse_existing(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(file, error))) return {};
  return fail(Errc::conflict, file.string() + " exists already; nothing was written");
}

Result<void> make_folder_of(const fs::path& file) {
  std::error_code error;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), error);
  if (error)
    return fail(Errc::io, "making the folder of " + file.string() + ": " + error.message());
  return {};
}

Result<void> prepare(const fs::path& certificate, const fs::path& key, bool replace) {
  for (const auto& file : {certificate, key}) {
    if (file.empty()) return fail(Errc::config, "no file is named for the certificate or its key");
    if (auto free = replace ? Result<void>() : refuse_existing(file); !free) return free;
    if (auto folder = make_folder_of(file); !folder) return folder;
  }
  return {};
}

Result<void> write_pair(const fs::path& certificate, const fs::path& key, const X509* made,
                        const EVP_PKEY* made_key, bool replace) {
  const auto write = replace ? &replace_synced : &create_synced;
  auto written = write(key, to_pem(made_key), FileMode::owner_only);
  if (written) written = write(certificate, to_pem(made), FileMode::everyone_reads);
  return written;
}

}  // namespace

Result<void> make_authority(const AuthorityFiles& files, TimePoint now) {
  if (auto ready = prepare(files.certificate, files.key, false); !ready) return ready;
  const auto key = make_key();
  if (!key) return std::unexpected(key.error());
  CertificateShape shape;
  shape.common_name = authority_name();
  shape.validity = {now - CertificateAuthority::kBackdated, now + kAuthorityLife};
  shape.extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                      {NID_key_usage, "critical,keyCertSign,cRLSign"}};
  const auto made = build_certificate(shape, key->get(), nullptr, key->get());
  if (!made) return std::unexpected(made.error());
  return write_pair(files.certificate, files.key, made->get(), key->get(), false);
}

Result<void> make_coordinator_certificate(const AuthorityFiles& ca, const TlsFiles& files,
                                          const std::string& id, TimePoint now, bool replace) {
  if (!is_node_name(id)) return fail(Errc::config, "'" + id + "' is no coordinator's id");
  auto authority = load_authority(ca);
  if (!authority) return std::unexpected(std::move(authority.error()));
  if (auto ready = prepare(files.certificate, files.key, replace); !ready) return ready;
  const auto key = make_key();
  if (!key) return std::unexpected(key.error());
  CertificateShape shape;
  shape.common_name = "ecokube-coordinator";
  shape.validity = {now - CertificateAuthority::kBackdated, now + kCoordinatorLife};
  shape.extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,digitalSignature"},
                      {NID_ext_key_usage, "serverAuth"},
                      {NID_subject_alt_name, "URI:ecokube://coordinator/" + id}};
  const auto made =
      build_certificate(shape, key->get(), authority->certificate.get(), authority->key.get());
  if (!made) return std::unexpected(made.error());
  return write_pair(files.certificate, files.key, made->get(), key->get(), replace);
}

}  // namespace ecokube::enrolment
