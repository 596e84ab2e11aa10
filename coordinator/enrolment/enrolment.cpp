#include "coordinator/enrolment/enrolment.h"

#include <utility>

#include "common/log.h"

namespace ecokube::enrolment {
namespace {

namespace asio = boost::asio;

constexpr auto* kNoAuthority =
    "this coordinator signs no certificates: it has no ca_key in [enrolment] of coordinator.toml";

CertificateRecord record_of(const NodeCertificate& certificate) {
  return {certificate.serial, certificate.validity.not_before, certificate.validity.not_after,
          false};
}

}  // namespace

Enrolment::Enrolment(EnrolmentOptions options, Identities known, IdentityStore& store)
    : options_(std::move(options)),
      ca_bundle_sha256_(issues() ? sha256_of(options_.ca_bundle_pem) : std::string()),
      tokens_(std::move(known.tokens)),
      nodes_(std::move(known.nodes)),
      store_(store) {}

asio::awaitable<Result<void>> Enrolment::admit(ShownCertificate shown) {
  auto allowed = nodes_.may_connect(shown);
  if (!allowed || nodes_.knows(shown)) co_return allowed;
  IdentityChange change;
  change.node = nodes_.with(shown.node, {shown.serial, shown.not_before, shown.not_after, false});
  nodes_.put(*change.node);
  const auto written = co_await store_.write_identity(std::move(change));
  if (!written)
    log::warn("certificate not recorded node={} why=\"{}\"", shown.node, written.error().message);
  co_return Result<void>();
}

IssuedCertificate Enrolment::issued(const NodeCertificate& certificate) const {
  return {certificate.pem, options_.ca_bundle_pem};
}

// Other coordinators tell a revoked certificate from the next one by when they began.
Result<NodeCertificate> Enrolment::sign(const std::string& request, const NodeName& node,
                                        TimePoint now) const {
  const auto* known = nodes_.find(node);
  const auto after = known && known->revocation ? known->revocation->at : TimePoint{};
  return options_.authority->sign_node(request, node, now, options_.certificate_life, after);
}

Result<Enrolment::Admitted> Enrolment::consider(const EnrolmentRequest& asked, TimePoint now) {
  if (!is_node_name(asked.node)) {
    return fail(Errc::invalid, "that is no node's name: lower case letters, digits, '-' and '.'");
  }
  auto token = tokens_.check(asked.token, asked.node, now);
  if (!token) return std::unexpected(std::move(token.error()));
  if (token->node.empty() && nodes_.is_taken(asked.node, now)) {
    return fail(Errc::conflict, asked.node +
                                    " is enrolled already; revoke it first (ecoctl node revoke " +
                                    asked.node + "), or take a token that is made for it: ecoctl " +
                                    "token create --node " + asked.node);
  }
  auto certificate = sign(asked.signing_request, asked.node, now);
  if (!certificate) return std::unexpected(std::move(certificate.error()));
  return Admitted{std::move(*token), std::move(*certificate)};
}

asio::awaitable<Result<IssuedCertificate>> Enrolment::enroll(EnrolmentRequest asked) {
  if (!issues()) co_return fail(Errc::unsupported, kNoAuthority);
  const auto now = options_.clock();
  if (auto allowed = attempts_.check(asked.peer, now); !allowed) {
    co_return std::unexpected(std::move(allowed.error()));
  }
  auto admitted = consider(asked, now);
  if (!admitted) {
    attempts_.failed(asked.peer, now);
    co_return std::unexpected(std::move(admitted.error()));
  }
  IdentityChange change;
  change.token = admitted->token;
  change.token->used_by = asked.node;
  change.node = nodes_.with(asked.node, record_of(admitted->certificate));
  // Used up and taken before anything is waited for: a second one who has the token comes too late.
  tokens_.put(*change.token);
  nodes_.put(*change.node);
  auto written = co_await store_.write_identity(std::move(change));
  if (!written) {
    co_return fail_while("the enrolment cannot be recorded; make another token",
                         std::move(written.error()));
  }
  log::info("node enrolled node={} peer={} token={} serial={}", asked.node, asked.peer,
            admitted->token.id, admitted->certificate.serial);
  co_return issued(admitted->certificate);
}

asio::awaitable<Result<IssuedCertificate>> Enrolment::renew(NodeName node,
                                                            std::string signing_request) {
  if (!issues()) co_return fail(Errc::unsupported, kNoAuthority);
  if (options_.is_current && !options_.is_current()) {
    co_return fail(Errc::busy, "whether " + node + " was revoked elsewhere is not known here: " +
                                   "Kubernetes has not answered; it is tried again");
  }
  const auto now = options_.clock();
  const auto certificate = sign(signing_request, node, now);
  if (!certificate) co_return std::unexpected(certificate.error());
  IdentityChange change;
  change.node = nodes_.with(node, record_of(*certificate));
  nodes_.put(*change.node);
  auto written = co_await store_.write_identity(std::move(change));
  if (!written) {
    co_return fail_while("the renewal cannot be recorded", std::move(written.error()));
  }
  log::info("certificate renewed node={} serial={}", node, certificate->serial);
  co_return issued(*certificate);
}

asio::awaitable<Result<MadeToken>> Enrolment::make_token(TokenWish wish) {
  if (!issues()) co_return fail(Errc::unsupported, kNoAuthority);
  if (!wish.node.empty() && !is_node_name(wish.node)) {
    co_return fail(Errc::invalid,
                   "\"node\" is no node's name: lower case letters, digits, '-', '.'");
  }
  const auto now = options_.clock();
  auto forgotten = tokens_.make_room(now);
  if (!forgotten) co_return std::unexpected(std::move(forgotten.error()));
  auto fresh = fresh_token();
  if (!fresh) co_return std::unexpected(std::move(fresh.error()));
  auto& record = fresh->record;
  record.node = std::move(wish.node);
  record.created_by = std::move(wish.by);
  record.created_at = now;
  record.expires_at = now + wish.valid_for;
  IdentityChange change;
  change.token = record;
  change.dropped_tokens = std::move(*forgotten);
  auto written = co_await store_.write_identity(std::move(change));
  if (!written) co_return std::unexpected(std::move(written.error()));
  tokens_.put(record);
  log::info("token made id={} node={} by={}", record.id, record.node, record.created_by);
  co_return MadeToken{record, std::move(fresh->text), options_.coordinator, options_.ca_hash};
}

asio::awaitable<Result<void>> Enrolment::delete_token(std::string id) {
  if (!tokens_.drop(id)) {
    co_return fail(Errc::not_found, "there is no token " + id + "; see ecoctl token list");
  }
  IdentityChange change;
  change.dropped_tokens = {id};
  auto written = co_await store_.write_identity(std::move(change));
  if (written) log::info("token deleted id={}", id);
  co_return written;
}

asio::awaitable<Result<Revocation>> Enrolment::revoke(NodeName node, std::string by,
                                                      std::string reason) {
  if (!is_node_name(node)) co_return fail(Errc::invalid, "that is no node's name");
  const Revocation revocation{options_.clock(), std::move(by), std::move(reason)};
  auto written = co_await put_revoked(nodes_.revoked(node, revocation));
  if (!written) {
    co_return fail_while("the revocation is in force until this coordinator ends, and not on disk",
                         std::move(written.error()));
  }
  co_return revocation;
}

asio::awaitable<Result<void>> Enrolment::adopt(NodeName node, Revocation revocation) {
  const auto* known = nodes_.find(node);
  if (known && known->revocation && known->revocation->at >= revocation.at) {
    co_return Result<void>();
  }
  co_return co_await put_revoked(nodes_.revoked_elsewhere(node, revocation));
}

asio::awaitable<Result<void>> Enrolment::put_revoked(IdentityRecord record) {
  // In force at once; on disk before anybody is told that it is.
  nodes_.put(record);
  IdentityChange change;
  change.node = record;
  auto written = co_await store_.write_identity(std::move(change));
  const auto& revocation = *record.revocation;
  log::info("node revoked node={} by={} reason=\"{}\"", record.node, revocation.by,
            revocation.reason);
  if (options_.on_revoked) {
    const ShownCertificate one_before{record.node, {}, TimePoint{}, revocation.at};
    const auto allowed = nodes_.may_connect(one_before);
    options_.on_revoked(record.node, allowed ? std::string() : allowed.error().message);
  }
  co_return written;
}

Result<std::string> hash_of_own_authority(std::string_view own_certificate,
                                          std::string_view trusted, TimePoint now) {
  const auto own = parse_certificates(own_certificate);
  if (!own) return fail(Errc::config, "our own certificate: " + own.error().message);
  auto all = parse_certificates(trusted);
  if (!all) return fail(Errc::config, "the CA certificates: " + all.error().message);
  for (auto& one : *all) {
    std::vector<Certificate> alone;
    alone.push_back(std::move(one));
    if (verify_certificate(own->front().get(), *own, alone, TlsEnd::server, now)) {
      return public_key_hash(alone.front().get());
    }
  }
  return fail(Errc::config,
              "our own certificate leads to none of the CA certificates, or is not valid now; "
              "make another: ecokube-coordinator make-certificate --replace");
}

}  // namespace ecokube::enrolment
