#include "coordinator/store/identity_tables.h"

#include <string>

#include "coordinator/store/identity_json.h"
#include "coordinator/store/statement.h"

namespace ecokube {
namespace {

constexpr auto kPutToken = R"sql(
INSERT INTO token(id, document) VALUES(?1, ?2)
ON CONFLICT(id) DO UPDATE SET document = excluded.document
)sql";
constexpr auto kPutIdentity = R"sql(
INSERT INTO identity(node, document) VALUES(?1, ?2)
ON CONFLICT(node) DO UPDATE SET document = excluded.document
)sql";

}  // namespace

IdentityTables::IdentityTables(SQLite::Database& db)
    : db_(db),
      put_token_(db, kPutToken),
      drop_token_(db, "DELETE FROM token WHERE id = ?1"),
      put_node_(db, kPutIdentity) {}

Result<Identities> IdentityTables::read() {
  Identities known;
  SQLite::Statement tokens(db_, "SELECT document FROM token ORDER BY id");
  while (tokens.executeStep()) {
    auto token = token_from_document(tokens.getColumn(0).getString());
    if (!token) return std::unexpected(std::move(token.error()));
    known.tokens.push_back(std::move(*token));
  }
  SQLite::Statement nodes(db_, "SELECT document FROM identity ORDER BY node");
  while (nodes.executeStep()) {
    auto node = identity_from_document(nodes.getColumn(0).getString());
    if (!node) return std::unexpected(std::move(node.error()));
    known.nodes.push_back(std::move(*node));
  }
  return known;
}

void IdentityTables::write(const IdentityChange& change) {
  for (const auto& id : change.dropped_tokens) {
    drop_token_.bind(1, id);
    run(drop_token_);
  }
  if (change.token) {
    put_token_.bind(1, change.token->id);
    put_token_.bind(2, to_document(*change.token));
    run(put_token_);
  }
  if (change.node) {
    put_node_.bind(1, change.node->node);
    put_node_.bind(2, to_document(*change.node));
    run(put_node_);
  }
}

}  // namespace ecokube
