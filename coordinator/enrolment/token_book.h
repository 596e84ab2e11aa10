#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/identity.h"

namespace ecokube::enrolment {

/// A new token: 128 random bits beside its public id. "1f0c6a2b.<32 hex digits>".
struct FreshToken {
  std::string text;
  TokenRecord record;  ///< id and hash alone are filled in
};
[[nodiscard]] Result<FreshToken> fresh_token();

/// The tokens that were given out. Knows their hashes only. Bounded; time is told to it.
class TokenBook {
 public:
  static constexpr std::size_t kTokensMax = 1000;
  /// How long it is still told that a token was used or has expired.
  static constexpr std::chrono::hours kRemembered{24};

  explicit TokenBook(std::vector<TokenRecord> kept = {});

  /// busy: there are too many. Forgets what is long over, and says which.
  [[nodiscard]] Result<std::vector<std::string>> make_room(TimePoint now);
  void put(TokenRecord record);
  /// False: there is none with that id.
  bool drop(const std::string& id) { return tokens_.erase(id) > 0; }

  /// The record of a token that may be used for `node` now. Errc::refused: a sentence for the one
  /// who tries; it says no more to who does not hold a token.
  [[nodiscard]] Result<TokenRecord> check(std::string_view token, const NodeName& node,
                                          TimePoint now) const;
  [[nodiscard]] std::vector<TokenRecord> list() const;

 private:
  std::map<std::string, TokenRecord> tokens_;  ///< by id
};

}  // namespace ecokube::enrolment
