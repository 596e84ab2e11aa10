#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "coordinator/identity.h"

namespace ecokube {

/// The store's tables of tokens and identities. Methods throw SQLite::Exception.
class IdentityTables {
 public:
  explicit IdentityTables(SQLite::Database& db);

  /// A row that cannot be read is Errc::io: without it a revoked node could come back.
  [[nodiscard]] Result<Identities> read();
  void write(const IdentityChange& change);

 private:
  SQLite::Database& db_;
  SQLite::Statement put_token_, drop_token_, put_node_;
};

}  // namespace ecokube
