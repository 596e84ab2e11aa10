#include "coordinator/enrolment/certificate_authority.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "common/durable_file.h"
#include "common/tls_context.h"
#include "coordinator/enrolment/certificate_builder.h"
#include "coordinator/enrolment/signing_request.h"

namespace ecokube::enrolment {
namespace {

constexpr std::size_t kFileBytesMax = 256UL * 1024;

Result<Key> load_key(const std::filesystem::path& file) {
  if (auto mode = check_private_key_file(file); !mode) return std::unexpected(mode.error());
  const auto text = read_file(file, kFileBytesMax);
  if (!text) return fail(Errc::config, "the CA's key: " + text.error().message);
  auto key = parse_key(*text);
  if (!key) return fail(Errc::config, "the CA's key " + file.string() + ": " + key.error().message);
  return key;
}

Result<Certificate> load_certificate_of(EVP_PKEY* key, const AuthorityFiles& files) {
  const auto text = read_file(files.certificate, kFileBytesMax);
  if (!text) return fail(Errc::config, "the CA's certificate: " + text.error().message);
  auto all = parse_certificates(*text);
  const auto name = files.certificate.string();
  if (!all) return fail(Errc::config, "the CA's certificate " + name + ": " + all.error().message);
  const auto own =
      std::ranges::find_if(*all, [&](const Certificate& one) { return same_key(one.get(), key); });
  if (own == all->end()) {
    return fail(Errc::config,
                "no certificate in " + name + " belongs to the CA's key " + files.key.string());
  }
  if (X509_check_ca(own->get()) != 1) {
    return fail(Errc::config,
                "the certificate in " + name +
                    " that belongs to the key is no CA's; bring one "
                    "with basicConstraints CA:TRUE, or make one: ecokube-coordinator make-ca");
  }
  return std::move(*own);
}

}  // namespace

Result<Authority> load_authority(const AuthorityFiles& files) {
  auto key = load_key(files.key);
  if (!key) return std::unexpected(std::move(key.error()));
  auto certificate = load_certificate_of(key->get(), files);
  if (!certificate) return std::unexpected(std::move(certificate.error()));
  return Authority{std::move(*certificate), std::move(*key)};
}

CertificateAuthority::CertificateAuthority(Authority authority)
    : authority_(std::move(authority)) {}

Result<NodeCertificate> CertificateAuthority::sign_node(std::string_view request,
                                                        const NodeName& node, TimePoint now,
                                                        Duration life,
                                                        TimePoint not_before_this) const {
  if (!is_node_name(node)) {
    return fail(Errc::invalid, "the node's name must be lower case letters, digits, '-' and '.'");
  }
  const auto key = requested_key(request);
  if (!key) return std::unexpected(key.error());
  const auto own = validity_of(authority_.certificate.get());
  if (!own) return std::unexpected(own.error());
  if (now >= own->not_after || now < own->not_before) {
    return fail(Errc::config, "the CA's own certificate is not valid now; make another CA");
  }
  CertificateShape shape;
  shape.common_name = "ecokube-node";  // the name that counts has no bound of 64 bytes
  const TimePoint begins = std::chrono::floor<std::chrono::seconds>(not_before_this);
  shape.validity = {std::max({TimePoint(now - kBackdated), own->not_before, begins}),
                    std::min(now + life, own->not_after)};
  shape.extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,digitalSignature"},
                      {NID_ext_key_usage, "clientAuth"},
                      {NID_subject_alt_name, "URI:ecokube://node/" + node}};
  const auto made =
      build_certificate(shape, key->get(), authority_.certificate.get(), authority_.key.get());
  if (!made) return std::unexpected(made.error());
  const auto validity = validity_of(made->get());
  if (!validity) return std::unexpected(validity.error());
  return NodeCertificate{to_pem(made->get()), serial_of(made->get()), *validity};
}

}  // namespace ecokube::enrolment
