#include "coordinator/enrolment/token_book.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <utility>

#include "common/x509.h"

namespace ecokube::enrolment {
namespace {

constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kSecretBytes = 16;

bool same(const std::string& one, const std::string& other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

constexpr auto* kUnknown =
    "the token is not known here: mistyped, deleted, or over for long; make another: "
    "ecoctl token create";

}  // namespace

Result<FreshToken> fresh_token() {
  std::array<unsigned char, kIdBytes + kSecretBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return fail(Errc::io, "the system gives no random bytes for a token");
  }
  FreshToken made;
  made.record.id = hex_of(bytes.data(), kIdBytes);
  const auto secret = hex_of(bytes.data() + kIdBytes, kSecretBytes);
  made.record.secret_sha256 = sha256_of(secret);
  made.text = made.record.id + "." + secret;
  return made;
}

TokenBook::TokenBook(std::vector<TokenRecord> kept) {
  for (auto& record : kept) put(std::move(record));
}

void TokenBook::put(TokenRecord record) {
  auto id = record.id;
  tokens_.insert_or_assign(std::move(id), std::move(record));
}

Result<std::vector<std::string>> TokenBook::make_room(TimePoint now) {
  std::vector<std::string> forgotten;
  for (const auto& [id, record] : tokens_) {
    if (record.expires_at + kRemembered < now) forgotten.push_back(id);
  }
  if (tokens_.size() - forgotten.size() >= kTokensMax) {
    return fail(Errc::busy, "there are " + std::to_string(tokens_.size()) +
                                " tokens already; delete some: ecoctl token list, token delete");
  }
  for (const auto& id : forgotten) tokens_.erase(id);
  return forgotten;
}

Result<TokenRecord> TokenBook::check(std::string_view token, const NodeName& node,
                                     TimePoint now) const {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos) return fail(Errc::refused, kUnknown);
  const auto found = tokens_.find(std::string(token.substr(0, dot)));
  const bool known =
      found != tokens_.end() && same(sha256_of(token.substr(dot + 1)), found->second.secret_sha256);
  if (!known) return fail(Errc::refused, kUnknown);
  const auto& record = found->second;
  if (!record.used_by.empty()) {
    return fail(Errc::refused,
                "the token was used already, by " + record.used_by + "; each is good for one node");
  }
  if (now >= record.expires_at) {
    return fail(Errc::refused, "the token has expired; make another: ecoctl token create");
  }
  if (!record.node.empty() && record.node != node) {
    return fail(Errc::refused, "the token is for another node than " + node);
  }
  return record;
}

std::vector<TokenRecord> TokenBook::list() const {
  std::vector<TokenRecord> all;
  for (const auto& [id, record] : tokens_) all.push_back(record);
  return all;
}

}  // namespace ecokube::enrolment
