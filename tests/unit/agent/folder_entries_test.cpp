#include "node-agent/sensors/folder_entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <string>

#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

std::map<std::string, bool> all_of(FolderEntries& entries) {
  std::map<std::string, bool> found;
  while (const auto entry = entries.next()) {
    EXPECT_TRUE(found.emplace(entry->name, entry->is_folder).second) << entry->name;
  }
  return found;
}

TEST(FolderEntriesTest, TellsFoldersFromOthers) {
  test::TempDir dir;
  dir.write("file", "");
  std::filesystem::create_directory(dir / "folder");
  std::filesystem::create_directory_symlink(dir / "folder", dir / "link");
  FolderEntries entries(dir.path().c_str());
  EXPECT_THAT(all_of(entries),
              testing::ElementsAre(testing::Pair("file", false), testing::Pair("folder", true),
                                   testing::Pair("link", false)));
  EXPECT_EQ(entries.error(), 0);
}

TEST(FolderEntriesTest, SeesMoreThanFitIntoItsBuffer) {
  constexpr int kEntries = 700;
  test::TempDir dir;
  for (int i = 0; i < kEntries; ++i) {
    std::filesystem::create_directory(dir / ("kubepods-burstable-pod" + std::to_string(i)));
  }
  FolderEntries entries(dir.path().c_str());
  EXPECT_EQ(all_of(entries).size(), kEntries);
}

TEST(FolderEntriesTest, SaysWhyThereAreNone) {
  test::TempDir dir;
  dir.write("file", "");
  FolderEntries missing((dir / "none").c_str());
  EXPECT_FALSE(missing.next());
  EXPECT_EQ(missing.error(), ENOENT);
  FolderEntries file((dir / "file").c_str());
  EXPECT_FALSE(file.next());
  EXPECT_EQ(file.error(), ENOTDIR);
}

}  // namespace
}  // namespace ecokube::agent
