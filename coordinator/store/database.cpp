#include "coordinator/store/database.h"

#include <sqlite3.h>

#include <array>
#include <string>

#include "common/log.h"
#include "coordinator/store/remembered_json.h"
#include "coordinator/store/statement.h"

namespace ecokube {
namespace {

constexpr int kBusyTimeoutMs = 2000;
constexpr int kApplicationId = 0x45434f4b;  // "ECOK": tells our file from any other

// One entry for each schema version; a file of version n runs those from n on. Never edit an entry
// that was shipped, add the next one.
constexpr std::array kMigrations{R"sql(
CREATE TABLE node(
  name TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE TABLE intent(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL,
  verb TEXT NOT NULL,
  transition INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  reason_code TEXT NOT NULL,
  reason_text TEXT NOT NULL,
  fence INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  outcome TEXT,
  ended_at_ms INTEGER,
  UNIQUE(subject, verb, transition, attempt)
) STRICT;
CREATE INDEX intent_open ON intent(subject, transition) WHERE outcome IS NULL;
)sql",
                                 R"sql(
CREATE TABLE token(
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE TABLE identity(
  node TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL
) STRICT;
)sql"};
constexpr int kSchemaVersion = static_cast<int>(kMigrations.size());

constexpr auto kPutIntent = R"sql(
INSERT INTO intent(subject, verb, transition, attempt, reason_code, reason_text, fence, at_ms)
VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT(subject, verb, transition, attempt) DO UPDATE SET
  reason_code = excluded.reason_code, reason_text = excluded.reason_text, fence = excluded.fence,
  at_ms = excluded.at_ms, outcome = NULL, ended_at_ms = NULL
)sql";
// What an older transition left open can no longer end.
constexpr auto kSupersede = R"sql(
UPDATE intent SET outcome = 'superseded', ended_at_ms = ?3
WHERE subject = ?1 AND transition < ?2 AND outcome IS NULL
)sql";
constexpr auto kPutOutcome = R"sql(
UPDATE intent SET outcome = ?5, ended_at_ms = ?6
WHERE subject = ?1 AND verb = ?2 AND transition = ?3 AND attempt = ?4
)sql";
constexpr auto kPutNode = R"sql(
INSERT INTO node(name, document) VALUES(?1, ?2)
ON CONFLICT(name) DO UPDATE SET document = excluded.document
)sql";
constexpr auto kPrune = R"sql(
DELETE FROM intent WHERE outcome IS NOT NULL AND number <= (
  SELECT number FROM intent WHERE outcome IS NOT NULL ORDER BY number DESC LIMIT 1 OFFSET ?1)
)sql";

std::optional<core::Verb> verb_from(std::string_view word) {
  for (int i = 0; i < core::kVerbCount; ++i) {
    const auto verb = static_cast<core::Verb>(i);
    if (core::to_string(verb) == word) return verb;
  }
  return std::nullopt;
}

Error explain(const std::filesystem::path& file, const SQLite::Exception& problem) {
  std::string text = "the store " + file.string() + ": ";
  switch (problem.getErrorCode()) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      text += "the file is damaged or no store of ours (" + std::string(problem.what()) +
              "); move it away and start again: marks and proofs come back from the cluster, "
              "history and the inventory of sleeping nodes are in the file";
      break;
    case SQLITE_CANTOPEN:
      text += "it cannot be opened or made; does the folder exist and may this user write there?";
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      text += "it cannot be written; file and folder must belong to this user";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      text += "another process has it open; is a coordinator running already?";
      break;
    case SQLITE_FULL: text += "the disk is full"; break;
    default: text += problem.what(); break;
  }
  return {Errc::io, std::move(text)};
}

}  // namespace

Database::Database(const std::filesystem::path& file)
    : file_(file),
      db_(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs) {}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file) try {
  std::unique_ptr<Database> database(new Database(file));
  if (auto ready = database->check_and_migrate(); !ready) return std::unexpected(ready.error());
  auto& db = database->db_;
  database->put_intent_ = std::make_unique<SQLite::Statement>(db, kPutIntent);
  database->supersede_ = std::make_unique<SQLite::Statement>(db, kSupersede);
  database->put_outcome_ = std::make_unique<SQLite::Statement>(db, kPutOutcome);
  database->put_node_ = std::make_unique<SQLite::Statement>(db, kPutNode);
  database->identities_ = std::make_unique<IdentityTables>(db);
  database->prune();
  return database;
} catch (const SQLite::Exception& problem) {
  return std::unexpected(explain(file, problem));
}

Result<void> Database::check_and_migrate() {
  // Ours alone: two coordinators must not write one journal. FULL: a commit is an fsync.
  db_.exec("PRAGMA locking_mode = EXCLUSIVE");
  const std::string journal = db_.execAndGet("PRAGMA journal_mode = WAL").getString();
  if (journal != "wal") {
    return fail(Errc::io, "the store " + file_.string() +
                              ": this file system has no write-ahead log (" + journal +
                              "); put state_dir on a local disk");
  }
  db_.exec("PRAGMA synchronous = FULL");
  const std::string health = db_.execAndGet("PRAGMA quick_check(1)").getString();
  if (health != "ok") {
    return fail(Errc::io, "the store " + file_.string() + ": the file is damaged (" + health +
                              "); move it away and start again");
  }
  const int version = db_.execAndGet("PRAGMA user_version").getInt();
  const int application = db_.execAndGet("PRAGMA application_id").getInt();
  const int tables = db_.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
  if (application != kApplicationId && tables > 0) {
    return fail(Errc::io, "the store " + file_.string() + ": this is another program's database");
  }
  if (version > kSchemaVersion) {
    return fail(Errc::io, "the store " + file_.string() +
                              " was written by a newer version (schema " + std::to_string(version) +
                              ", this one knows " + std::to_string(kSchemaVersion) +
                              "); install that version");
  }
  SQLite::Transaction migration(db_);
  for (auto next = static_cast<std::size_t>(version); next < kMigrations.size(); ++next) {
    db_.exec(kMigrations.at(next));
  }
  db_.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  db_.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  migration.commit();
  return {};
}

Result<core::Recovered> Database::recover() try {
  core::Recovered recovered;
  SQLite::Statement nodes(db_, "SELECT name, document FROM node ORDER BY name");
  while (nodes.executeStep()) {
    auto node = from_document(nodes.getColumn(0).getString(), nodes.getColumn(1).getString());
    if (node) {
      recovered.nodes.push_back(std::move(*node));
    } else {
      log::warn("{}; it comes back with its agent's next Hello", node.error().message);
    }
  }
  SQLite::Statement open(db_,
                         "SELECT subject, verb, transition, attempt FROM intent "
                         "WHERE outcome IS NULL ORDER BY number");
  while (open.executeStep()) {
    const auto verb = verb_from(open.getColumn(1).getString());
    if (!verb) continue;
    recovered.unfinished.push_back({open.getColumn(0).getString(), *verb,
                                    open.getColumn(2).getInt64(), open.getColumn(3).getInt64()});
  }
  return recovered;
} catch (const SQLite::Exception& problem) {
  return std::unexpected(explain(file_, problem));
}

Result<Identities> Database::recover_identities() try {
  return identities_->read();
} catch (const SQLite::Exception& problem) {
  return std::unexpected(explain(file_, problem));
}

void Database::begin() { db_.exec("BEGIN IMMEDIATE"); }

void Database::commit() { db_.exec("COMMIT"); }

void Database::rollback() noexcept { db_.tryExec("ROLLBACK"); }

void Database::put_intent(const core::Step& step, TimePoint at) {
  supersede_->bind(1, step.id.subject);
  supersede_->bind(2, step.id.transition);
  supersede_->bind(3, to_ms(at));
  run(*supersede_);
  auto& put = *put_intent_;
  put.bind(1, step.id.subject);
  put.bind(2, std::string(core::to_string(step.id.verb)));
  put.bind(3, step.id.transition);
  put.bind(4, step.id.attempt);
  put.bind(5, step.reason.code);
  put.bind(6, step.reason.text);
  put.bind(7, step.fence);
  put.bind(8, to_ms(at));
  run(put);
}

void Database::put_outcome(const core::StepId& id, const std::string& outcome, TimePoint at) {
  auto& put = *put_outcome_;
  put.bind(1, id.subject);
  put.bind(2, std::string(core::to_string(id.verb)));
  put.bind(3, id.transition);
  put.bind(4, id.attempt);
  put.bind(5, outcome);
  put.bind(6, to_ms(at));
  run(put);
}

void Database::put_node(const core::RememberedNode& node) {
  put_node_->bind(1, node.name);
  put_node_->bind(2, to_document(node));
  run(*put_node_);
}

void Database::prune(std::int64_t kept) {
  SQLite::Statement prune(db_, kPrune);
  prune.bind(1, kept);
  prune.exec();
}

}  // namespace ecokube
