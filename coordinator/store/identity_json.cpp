#include "coordinator/store/identity_json.h"

#include <boost/json.hpp>
#include <exception>

#include "coordinator/store/json_fields.h"

namespace ecokube {
namespace {

namespace json = boost::json;

// Readers: an absent key is an empty value, a wrong type throws.
TimePoint time(const json::object& from, std::string_view key) {
  return from_ms(from.at(key).as_int64());
}

template <class Read>
auto read(std::string_view what, std::string_view document, Read read_object)
    -> Result<decltype(read_object(json::object()))> {
  try {
    return read_object(json::parse(document).as_object());
  } catch (const std::exception& problem) {
    return fail(Errc::io,
                "the store has an unreadable " + std::string(what) + ": " + problem.what());
  }
}

TokenRecord read_token(const json::object& from) {
  TokenRecord token;
  token.id = text_field(from, "id");
  token.secret_sha256 = text_field(from, "secret_sha256");
  token.node = text_field(from, "node");
  token.created_by = text_field(from, "created_by");
  token.created_at = time(from, "created_at_ms");
  token.expires_at = time(from, "expires_at_ms");
  token.used_by = text_field(from, "used_by");
  return token;
}

IdentityRecord read_identity(const json::object& from) {
  IdentityRecord identity;
  identity.node = text_field(from, "node");
  for (const auto& entry : from.at("certificates").as_array()) {
    const auto& one = entry.as_object();
    identity.certificates.push_back(
        {text_field(one, "serial"),
         time(one, one.contains("not_before_ms") ? "not_before_ms" : "issued_at_ms"),
         time(one, "not_after_ms"), one.at("revoked").as_bool()});
  }
  if (const auto* entry = from.if_contains("revocation")) {
    const auto& one = entry->as_object();
    identity.revocation =
        Revocation{time(one, "at_ms"), text_field(one, "by"), text_field(one, "reason")};
  }
  return identity;
}

}  // namespace

std::string to_document(const TokenRecord& token) {
  return json::serialize(json::object{{"id", token.id},
                                      {"secret_sha256", token.secret_sha256},
                                      {"node", token.node},
                                      {"created_by", token.created_by},
                                      {"created_at_ms", to_ms(token.created_at)},
                                      {"expires_at_ms", to_ms(token.expires_at)},
                                      {"used_by", token.used_by}});
}

std::string to_document(const IdentityRecord& identity) {
  json::array certificates;
  for (const auto& one : identity.certificates) {
    certificates.push_back({{"serial", one.serial},
                            {"not_before_ms", to_ms(one.not_before)},
                            {"not_after_ms", to_ms(one.not_after)},
                            {"revoked", one.revoked}});
  }
  json::object document{{"node", identity.node}, {"certificates", std::move(certificates)}};
  if (identity.revocation) {
    document["revocation"] = {{"at_ms", to_ms(identity.revocation->at)},
                              {"by", identity.revocation->by},
                              {"reason", identity.revocation->reason}};
  }
  return json::serialize(document);
}

Result<TokenRecord> token_from_document(std::string_view document) {
  return read("token", document, read_token);
}

Result<IdentityRecord> identity_from_document(std::string_view document) {
  return read("identity of a node", document, read_identity);
}

}  // namespace ecokube
