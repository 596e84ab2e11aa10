#pragma once

#include <functional>
#include <memory>
#include <string>

#include "coordinator/enrolment/attempt_limit.h"
#include "coordinator/enrolment/certificate_authority.h"
#include "coordinator/enrolment/node_register.h"
#include "coordinator/enrolment/token_book.h"
#include "coordinator/identity.h"

namespace ecokube::enrolment {

struct EnrolmentOptions {
  /// Absent: nothing is issued, and revocations count all the same.
  std::optional<CertificateAuthority> authority;
  std::string ca_bundle_pem;  ///< what nodes are to believe: our [agents] ca
  std::string ca_hash;        ///< of the CA there that our own certificate leads to
  std::string coordinator;    ///< "host:port" where agents reach us
  Duration certificate_life = std::chrono::hours(24 * 90);
  std::function<TimePoint()> clock;
  /// A revocation elsewhere would be known here by now; absent: nobody else revokes.
  std::function<bool()> is_current;
  /// A node was revoked, here or elsewhere: ends its links, with this sentence for it.
  std::function<void(const NodeName&, const std::string&)> on_revoked;
};

/// Gives names to nodes and takes them away. All calls on the loop's one thread; `store` must
/// outlive it.
class Enrolment final : public NodeCertificates, public EnrolmentDesk {
 public:
  Enrolment(EnrolmentOptions options, Identities known, IdentityStore& store);

  boost::asio::awaitable<Result<void>> admit(ShownCertificate shown) override;
  [[nodiscard]] bool issues() const override { return options_.authority.has_value(); }
  [[nodiscard]] std::string ca_bundle_sha256() const override { return ca_bundle_sha256_; }
  boost::asio::awaitable<Result<IssuedCertificate>> enroll(EnrolmentRequest asked) override;
  boost::asio::awaitable<Result<IssuedCertificate>> renew(NodeName node,
                                                          std::string signing_request) override;

  boost::asio::awaitable<Result<MadeToken>> make_token(TokenWish wish) override;
  boost::asio::awaitable<Result<void>> delete_token(std::string id) override;
  [[nodiscard]] std::vector<TokenRecord> tokens() const override { return tokens_.list(); }
  boost::asio::awaitable<Result<Revocation>> revoke(NodeName node, std::string by,
                                                    std::string reason) override;
  /// A revocation that another coordinator was asked for. Nothing where ours is as new.
  boost::asio::awaitable<Result<void>> adopt(NodeName node, Revocation revocation);
  [[nodiscard]] const IdentityRecord* identity(const NodeName& node) const override {
    return nodes_.find(node);
  }

 private:
  struct Admitted {
    TokenRecord token;
    NodeCertificate certificate;
  };
  [[nodiscard]] Result<Admitted> consider(const EnrolmentRequest& asked, TimePoint now);
  [[nodiscard]] IssuedCertificate issued(const NodeCertificate& certificate) const;
  [[nodiscard]] Result<NodeCertificate> sign(const std::string& request, const NodeName& node,
                                             TimePoint now) const;
  boost::asio::awaitable<Result<void>> put_revoked(IdentityRecord record);

  EnrolmentOptions options_;
  std::string ca_bundle_sha256_;
  TokenBook tokens_;
  NodeRegister nodes_;
  AttemptLimit attempts_;
  IdentityStore& store_;
};

/// The CA of `trusted` (PEM) that `own_certificate` (PEM, with its chain) leads to, as its public
/// key's hash. Errc::config: none does.
[[nodiscard]] Result<std::string> hash_of_own_authority(std::string_view own_certificate,
                                                        std::string_view trusted, TimePoint now);

}  // namespace ecokube::enrolment
