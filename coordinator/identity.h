#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/names.h"
#include "common/policy_clock.h"

// Who may be a node: the values, and what the agents' end, the API and the store have to do with
// each other about them. coordinator/enrolment decides.
namespace ecokube {

/// An enrolment token without the token itself.
struct TokenRecord {
  std::string id;             ///< its public half
  std::string secret_sha256;  ///< of the other, lower-case hex
  NodeName node;              ///< the only name it is for; empty: any that is free
  std::string created_by;
  TimePoint created_at, expires_at;
  NodeName used_by;  ///< empty: not used yet
  bool operator==(const TokenRecord&) const = default;
};

struct CertificateRecord {
  std::string serial;  ///< lower-case hex
  TimePoint not_before, not_after;
  bool revoked = false;
  bool operator==(const CertificateRecord&) const = default;
};

struct Revocation {
  TimePoint at;  ///< every certificate that began before is worth nothing
  std::string by, reason;
  bool operator==(const Revocation&) const = default;
};

/// What is known of one name.
struct IdentityRecord {
  NodeName node;
  std::vector<CertificateRecord> certificates;  ///< the newest, oldest first
  std::optional<Revocation> revocation;         ///< the last one
  bool operator==(const IdentityRecord&) const = default;
};

struct Identities {
  std::vector<TokenRecord> tokens;
  std::vector<IdentityRecord> nodes;
};

/// Written as one: all of it or nothing.
struct IdentityChange {
  std::optional<TokenRecord> token;
  std::vector<std::string> dropped_tokens;  ///< ids
  std::optional<IdentityRecord> node;
};

class IdentityStore {
 public:
  virtual ~IdentityStore() = default;
  [[nodiscard]] virtual Result<Identities> recover_identities() = 0;
  /// On disk (fsync) when it returns.
  virtual boost::asio::awaitable<Result<void>> write_identity(IdentityChange change) = 0;
};

/// A node's certificate as it was shown and verified in a handshake.
struct ShownCertificate {
  NodeName node;
  std::string serial;
  TimePoint not_before, not_after;
};

struct EnrolmentRequest {
  std::string token;
  NodeName node;
  std::string signing_request;  ///< PEM
  std::string peer;             ///< "10.0.0.5": whose guesses are counted
};

struct IssuedCertificate {
  std::string certificate_pem;
  std::string ca_bundle_pem;  ///< whom the node is to believe from now on
};

/// What the agents' end asks about certificates.
class NodeCertificates {
 public:
  virtual ~NodeCertificates() = default;
  /// Errc::forbidden: revoked, with a sentence for the node. A certificate that was never seen
  /// before is remembered, so that its name counts as taken.
  virtual boost::asio::awaitable<Result<void>> admit(ShownCertificate shown) = 0;
  /// Whether there is a CA to sign with.
  [[nodiscard]] virtual bool issues() const = 0;
  /// Of what an issued certificate comes with, in hex; empty without a CA.
  [[nodiscard]] virtual std::string ca_bundle_sha256() const = 0;
  virtual boost::asio::awaitable<Result<IssuedCertificate>> enroll(EnrolmentRequest asked) = 0;
  /// For a node that is connected by a certificate of this name.
  virtual boost::asio::awaitable<Result<IssuedCertificate>> renew(NodeName node,
                                                                  std::string signing_request) = 0;
};

struct TokenWish {
  NodeName node;  ///< empty: any that is free
  Duration valid_for{};
  std::string by;
};

struct MadeToken {
  TokenRecord record;
  std::string token;        ///< told once and kept nowhere
  std::string coordinator;  ///< "host:port" where agents reach us
  std::string ca_hash;      ///< "sha256:..." of the CA that our own certificate leads to
};

/// What a person asks about enrolment, by the API.
class EnrolmentDesk {
 public:
  virtual ~EnrolmentDesk() = default;
  virtual boost::asio::awaitable<Result<MadeToken>> make_token(TokenWish wish) = 0;
  virtual boost::asio::awaitable<Result<void>> delete_token(std::string id) = 0;
  [[nodiscard]] virtual std::vector<TokenRecord> tokens() const = 0;
  /// Every certificate of this name up to now.
  virtual boost::asio::awaitable<Result<Revocation>> revoke(NodeName node, std::string by,
                                                            std::string reason) = 0;
  /// nullptr: nothing is known of that name.
  [[nodiscard]] virtual const IdentityRecord* identity(const NodeName& node) const = 0;
};

}  // namespace ecokube
