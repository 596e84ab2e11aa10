#include "coordinator/store/database.h"

#include <gtest/gtest.h>

#include <fstream>

#include "coordinator/store/remembered_json.h"
#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  /// Opens what must not open; the message.
  std::string refused() {
    const auto database = Database::open(file_);
    EXPECT_FALSE(database.has_value());
    if (database) return "";
    EXPECT_EQ(database.error().code, Errc::io);
    EXPECT_NE(database.error().message.find(file_.string()), std::string::npos);
    return database.error().message;
  }
  void sql(const std::string& text) {
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(text);
  }
  int count(const std::string& text) {
    return SQLite::Database(file_.string()).execAndGet(text).getInt();
  }

  test::TempDir dir_;
  std::filesystem::path file_ = dir_ / "state.db";
};

TEST_F(DatabaseTest, SaysThatTheFolderIsMissing) {
  file_ = dir_ / "absent/state.db";
  EXPECT_NE(refused().find("does the folder exist"), std::string::npos);
}

TEST_F(DatabaseTest, SaysThatTheFileIsDamaged) {
  ASSERT_TRUE(Database::open(file_).has_value());
  {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0);
    file << std::string(512, 'x');
  }
  EXPECT_NE(refused().find("damaged"), std::string::npos);
}

TEST_F(DatabaseTest, SaysThatAPageIsDamaged) {
  {
    const auto database = Database::open(file_);
    ASSERT_TRUE(database.has_value());
    for (std::int64_t n = 0; n < 500; ++n) {
      (*database)->put_intent({{"node", core::Verb::mark, n, 1}, core::MarkNode{}, {"a", "b"}, 1},
                              {});
    }
  }
  {
    constexpr int kPage = 4096;
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(3 * kPage);
    file << std::string(kPage, '\xff');
  }
  EXPECT_NE(refused().find("damaged"), std::string::npos);
}

TEST_F(DatabaseTest, LeavesAnotherProgramsDatabaseAlone) {
  sql("CREATE TABLE theirs(x)");
  EXPECT_NE(refused().find("another program"), std::string::npos);
  EXPECT_EQ(count("SELECT count(*) FROM sqlite_master"), 1);
}

TEST_F(DatabaseTest, RefusesANewerSchema) {
  ASSERT_TRUE(Database::open(file_).has_value());
  sql("PRAGMA user_version = 99");
  EXPECT_NE(refused().find("newer version (schema 99"), std::string::npos);
}

TEST_F(DatabaseTest, KeepsABoundedHistoryAndAllThatIsOpen) {
  {
    const auto database = Database::open(file_);
    ASSERT_TRUE(database.has_value());
    for (std::int64_t n = 1; n <= 30; ++n) {
      const core::Step step{
          {"n" + std::to_string(n), core::Verb::mark, 1, 1}, core::MarkNode{}, {"a", "b"}, 1};
      (*database)->put_intent(step, {});
      if (n > 10) (*database)->put_outcome(step.id, "done", {});
    }
    (*database)->prune(5);
  }
  EXPECT_EQ(count("SELECT count(*) FROM intent WHERE outcome IS NULL"), 10);
  EXPECT_EQ(count("SELECT count(*) FROM intent WHERE outcome IS NOT NULL"), 5);
  EXPECT_EQ(count("SELECT count(*) FROM intent WHERE subject = 'n30'"), 1);
}

TEST_F(DatabaseTest, ANodeThatIsNotReadableDoesNotHideTheOthers) {
  ASSERT_TRUE(Database::open(file_).has_value());
  sql("INSERT INTO node VALUES('a', '{\"transition\": \"x\"}'), ('b', '{\"transition\": 3}')");
  const auto recovered = (*Database::open(file_))->recover();
  ASSERT_TRUE(recovered.has_value());
  ASSERT_EQ(recovered->nodes.size(), 1U);
  EXPECT_EQ(recovered->nodes[0].name, "b");
  EXPECT_EQ(recovered->nodes[0].transition, 3);
}

TEST(RememberedJson, IgnoresWhatItDoesNotKnow) {
  const auto node = from_document("a", R"({"future": [1], "inventory": {"nics": [{"mac": "?"}]}})");
  ASSERT_TRUE(node.has_value());
  EXPECT_TRUE(node->inventory.nics.empty());
}

}  // namespace
}  // namespace ecokube
