#include "bench/agent/memory_folder.h"

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/statfs.h>

#include <fstream>
#include <optional>
#include <utility>

namespace ecokube::bench {
namespace {

namespace fs = std::filesystem;

TEST(MemoryFolder, HasNoDiskBehindItAndGoesWithWhatIsInIt) {
  fs::path path;
  {
    auto made = MemoryFolder::make();
    ASSERT_TRUE(made) << made.error().message;
    const auto folder = std::move(*made);
    path = folder.path();
    struct statfs system{};
    ASSERT_EQ(::statfs(path.c_str(), &system), 0);
    EXPECT_EQ(system.f_type, TMPFS_MAGIC);
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    std::ofstream(path / "energy_uj") << "1";
    ASSERT_TRUE(fs::exists(path / "energy_uj"));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace ecokube::bench
