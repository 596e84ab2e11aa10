// Goal: a SecureOn password comes from a file that others can't read, and no message repeats it.
#include "coordinator/power/secure_on_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class SecureOnFile : public testing::Test {
 protected:
  fs::path write(const std::string& text, fs::perms mode = fs::perms::owner_read) {
    const auto file = dir_.write("node7", text);
    fs::permissions(file, mode);
    return file;
  }
  std::string why_not(const fs::path& file) {
    const auto read = read_secure_on(file);
    if (read) return "it was read";
    EXPECT_EQ(read.error().code, Errc::config);
    return read.error().message;
  }
  test::TempDir dir_;
};

TEST_F(SecureOnFile, HoldsSixBytesOrFour) {
  EXPECT_EQ(read_secure_on(write("0a:1b:2c:3d:4e:5f\n")).value(),
            SecureOn::parse("0a:1b:2c:3d:4e:5f"));
  fs::remove(dir_ / "node7");
  EXPECT_EQ(read_secure_on(write("1.2.3.4")).value(), SecureOn::parse("1.2.3.4"));
  EXPECT_FALSE(read_secure_on({}).value()) << "none is wanted";
}

TEST_F(SecureOnFile, ThatOthersMayReadIsRefused) {
  const auto file = write("1.2.3.4", fs::perms::owner_read | fs::perms::group_read);
  EXPECT_THAT(why_not(file), HasSubstr("chmod 600"));
}

TEST_F(SecureOnFile, SaysWhatIsWrongAndNotWhatIsThere) {
  EXPECT_THAT(why_not(dir_ / "missing"), HasSubstr("missing"));
  const auto why = why_not(write("0a:1b:2c:3d:4e"));
  EXPECT_THAT(why, HasSubstr("node7 holds no SecureOn password"));
  EXPECT_THAT(why, Not(HasSubstr("0a:1b")));
}

}  // namespace
}  // namespace ecokube
