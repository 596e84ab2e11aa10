#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "common/error.h"
#include "coordinator/core/observation.h"
#include "coordinator/identity.h"
#include "coordinator/store/identity_tables.h"

namespace ecokube {

/// The store's file and its statements. Blocking; used by one thread at a time. Methods throw
/// SQLite::Exception, open() and recover() return errors.
class Database {
 public:
  /// Finished intents that are kept.
  static constexpr std::int64_t kHistoryMax = 20'000;

  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file);

  [[nodiscard]] Result<core::Recovered> recover();
  [[nodiscard]] Result<Identities> recover_identities();

  void begin();
  void commit();
  void rollback() noexcept;

  void put_intent(const core::Step& step, TimePoint at);
  void put_outcome(const core::StepId& id, const std::string& outcome, TimePoint at);
  void put_node(const core::RememberedNode& node);
  void put_identity(const IdentityChange& change) { identities_->write(change); }
  /// Removes the oldest finished intents above `kept`.
  void prune(std::int64_t kept = kHistoryMax);

 private:
  explicit Database(const std::filesystem::path& file);
  Result<void> check_and_migrate();

  std::filesystem::path file_;
  SQLite::Database db_;
  std::unique_ptr<SQLite::Statement> put_intent_, supersede_, put_outcome_, put_node_;
  std::unique_ptr<IdentityTables> identities_;
};

}  // namespace ecokube
