#include "node-agent/identity/renewal.h"

#include <algorithm>
#include <utility>

#include "common/asio_tuple.h"
#include "common/durable_file.h"
#include "common/log.h"
#include "common/x509.h"
#include "node-agent/identity/identity_files.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds kAnswerLimit{30};
/// The wall clock may be set while we wait, and a machine may sleep.
constexpr Duration kLookAgain = std::chrono::minutes(10);
constexpr std::chrono::seconds kNotConnected{1};
constexpr std::size_t kCertificateBytesMax = 256UL * 1024;

}  // namespace

Result<Validity> validity_of_file(const std::filesystem::path& certificate) {
  const auto text = read_file(certificate, kCertificateBytesMax);
  if (!text) return std::unexpected(text.error());
  const auto all = parse_certificates(*text);
  if (!all) return fail(Errc::config, certificate.string() + ": " + all.error().message);
  return validity_of(all->front().get());
}

Renewal::Renewal(asio::any_io_executor executor, RenewalOptions options, const Validity& validity)
    : options_(std::move(options)),
      plan_(validity),
      timer_(executor),
      random_(std::random_device{}()) {}

asio::awaitable<void> Renewal::run() {
  for (;;) {
    const auto left = plan_.due() - options_.clock();
    if (left > Duration(0)) {
      timer_.expires_after(std::min(left, kLookAgain));
      co_await timer_.async_wait(kTuple);
      continue;
    }
    const auto done = co_await renew();
    if (done) continue;
    if (done.error().code == Errc::unreachable) {
      timer_.expires_after(kNotConnected);
      co_await timer_.async_wait(kTuple);
      continue;
    }
    log::warn("certificate not renewed why=\"{}\" action=retry", done.error().message);
    plan_.failed(done.error().message, options_.clock(), random_());
  }
}

asio::awaitable<Result<void>> Renewal::renew() {
  const auto key = make_key();
  if (!key) co_return std::unexpected(key.error());
  auto request = make_signing_request(key->get());
  if (!request) co_return std::unexpected(std::move(request.error()));
  v1::Renew message;
  message.set_signing_request(std::move(*request));
  answer_.reset();
  auto asked = options_.ask(message);
  if (!asked) co_return asked;
  waiting_ = true;
  timer_.expires_after(kAnswerLimit);
  co_await timer_.async_wait(kTuple);
  waiting_ = false;
  if (!answer_) co_return fail(Errc::timeout, "the coordinator did not answer");
  co_return take(to_pem(key->get()), *answer_);
}

void Renewal::ca_bundle_seen(const std::string& sha256) {
  if (sha256.empty()) return;
  const auto ours = read_file(options_.files.ca, kCertificateBytesMax);
  if (ours && sha256_of(*ours) == sha256) return;
  plan_.wanted();
  if (!waiting_) timer_.cancel();
}

void Renewal::answered(const v1::Issued& issued) {
  if (!waiting_) return;
  answer_ = issued;
  timer_.cancel();
}

Result<void> Renewal::take(const std::string& key, const v1::Issued& issued) {
  if (!issued.error().empty()) return fail(Errc::refused, issued.error());
  const IdentityText text{key, issued.certificate(), issued.ca_bundle()};
  const auto validity = check_identity(text, options_.node_name, options_.clock());
  if (!validity) return std::unexpected(validity.error());
  if (auto replaced = replace_identity(options_.files, text); !replaced) return replaced;
  auto context = make_link_client_context(options_.files);
  if (!context) return std::unexpected(std::move(context.error()));
  plan_.renewed(*validity, options_.clock());
  options_.use(std::move(*context));
  log::info("certificate renewed file={}", options_.files.certificate.string());
  return {};
}

}  // namespace ecokube::agent
