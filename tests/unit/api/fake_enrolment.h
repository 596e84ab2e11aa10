#pragma once

#include <boost/json.hpp>
#include <map>

#include "tests/unit/api/fake_fleet.h"

#include "coordinator/identity.h"

namespace ecokube::test {

/// A desk that does what it is asked, unless it is given a problem.
class FakeEnrolment final : public EnrolmentDesk {
 public:
  std::optional<Error> problem;
  std::vector<TokenRecord> made;
  std::map<NodeName, IdentityRecord> identities;

  boost::asio::awaitable<Result<MadeToken>> make_token(TokenWish wish) override {
    if (problem) co_return std::unexpected(*problem);
    TokenRecord record{"1f0c6a2b", "", wish.node, wish.by, kNow, kNow + wish.valid_for, ""};
    made.push_back(record);
    co_return MadeToken{record, "1f0c6a2b.secret", "main:7443", "sha256:ab"};
  }
  boost::asio::awaitable<Result<void>> delete_token(std::string id) override {
    const auto gone = std::erase_if(made, [&](const auto& one) { return one.id == id; });
    if (gone == 0) co_return fail(Errc::not_found, "there is no token " + id);
    co_return Result<void>();
  }
  std::vector<TokenRecord> tokens() const override { return made; }
  boost::asio::awaitable<Result<Revocation>> revoke(NodeName node, std::string by,
                                                    std::string reason) override {
    const Revocation revocation{kNow, by, reason};
    auto& identity = identities[node];
    identity.revocation = revocation;
    for (auto& one : identity.certificates) one.revoked = true;
    co_return revocation;
  }
  const IdentityRecord* identity(const NodeName& node) const override {
    const auto found = identities.find(node);
    return found == identities.end() ? nullptr : &found->second;
  }
};

}  // namespace ecokube::test
