#include "coordinator/enrolment_setup.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "common/boot_clock.h"
#include "common/durable_file.h"
#include "coordinator/enrolment/make_authority.h"

namespace ecokube {
namespace {

constexpr std::size_t kFileBytesMax = 256UL * 1024;

Result<std::string> read_pem(const std::filesystem::path& file) {
  auto text = read_file(file, kFileBytesMax);
  if (!text) return fail(Errc::config, text.error().message);
  return text;
}

enrolment::AuthorityFiles authority_files(const CoordinatorConfig& config) {
  return {config.enrolment.ca_certificate, config.enrolment.ca_key};
}

Result<void> need_key(const CoordinatorConfig& config) {
  if (!config.enrolment.ca_key.empty()) return {};
  return fail(Errc::config, "[enrolment] ca_key names no file: say where the CA's key is");
}

/// Whoever we sign for must be let in by us.
Result<void> check_believed(const enrolment::CertificateAuthority& authority,
                            std::string_view bundle, const std::filesystem::path& file) {
  const auto trusted = parse_certificates(bundle);
  if (!trusted) return fail(Errc::config, file.string() + ": " + trusted.error().message);
  const auto hash = public_key_hash(authority.certificate());
  const bool found = std::ranges::any_of(
      *trusted, [&](const Certificate& one) { return public_key_hash(one.get()) == hash; });
  if (found) return {};
  return fail(Errc::config, file.string() +
                                " ([agents] ca) does not hold the certificate of the CA that "
                                "signs; append it there");
}

Result<void> add_authority(enrolment::EnrolmentOptions& options, const CoordinatorConfig& config,
                           TimePoint now) {
  auto loaded = enrolment::load_authority(authority_files(config));
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  options.authority.emplace(std::move(*loaded));
  const auto& tls = config.agents.tls;
  auto believed = check_believed(*options.authority, options.ca_bundle_pem, tls.ca);
  if (!believed) return believed;
  const auto own = read_pem(tls.certificate);
  if (!own) return std::unexpected(own.error());
  auto hash = enrolment::hash_of_own_authority(*own, options.ca_bundle_pem, now);
  if (!hash) return std::unexpected(std::move(hash.error()));
  options.ca_hash = std::move(*hash);
  return {};
}

}  // namespace

Result<std::unique_ptr<enrolment::Enrolment>> open_enrolment(
    const CoordinatorConfig& config, IdentityStore& store, std::function<TimePoint()> clock,
    std::function<void(const NodeName&, const std::string&)> on_revoked,
    std::function<bool()> is_current) {
  enrolment::EnrolmentOptions options;
  options.is_current = std::move(is_current);
  options.certificate_life = config.enrolment.certificate_life;
  options.coordinator = config.enrolment.address;
  options.on_revoked = std::move(on_revoked);
  if (!config.enrolment.ca_key.empty()) {
    auto bundle = read_pem(config.agents.tls.ca);
    if (!bundle) return std::unexpected(std::move(bundle.error()));
    options.ca_bundle_pem = std::move(*bundle);
    if (auto added = add_authority(options, config, clock()); !added) {
      return std::unexpected(std::move(added.error()));
    }
  }
  options.clock = std::move(clock);
  auto known = store.recover_identities();
  if (!known) return std::unexpected(std::move(known.error()));
  return std::make_unique<enrolment::Enrolment>(std::move(options), std::move(*known), store);
}

Result<void> make_ca(const CoordinatorConfig& config) {
  if (auto named = need_key(config); !named) return named;
  const auto files = authority_files(config);
  if (auto made = enrolment::make_authority(files, RealClock().now()); !made) return made;
  std::cout << "made " << files.certificate.string() << " and its key " << files.key.string()
            << "; keep a copy of the key where nobody else reads it\n";
  return {};
}

Result<void> make_own_certificate(const CoordinatorConfig& config, bool replace) {
  if (auto named = need_key(config); !named) return named;
  const auto& tls = config.agents.tls;
  auto made = enrolment::make_coordinator_certificate(authority_files(config), tls, config.id,
                                                      RealClock().now(), replace);
  if (!made) return made;
  std::cout << "made " << tls.certificate.string() << " for ecokube://coordinator/" << config.id
            << " and its key " << tls.key.string() << "; a running coordinator takes it when it "
            << "is started again\n";
  return {};
}

}  // namespace ecokube
