// Goal: a power cut anywhere leaves a key and a certificate that belong together.
#include "node-agent/identity/identity_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "coordinator/enrolment/make_authority.h"
#include "tests/support/must.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using test::must;
using test::read_text;
using testing::HasSubstr;

constexpr TimePoint kNow = from_ms(1'763'802'600'000);

class IdentityFiles : public testing::Test {
 protected:
  IdentityFiles() {
    must(enrolment::make_authority(ca_, kNow));
    authority_.emplace(must(enrolment::load_authority(ca_)));
    fs::create_directory(dir_ / "node");
  }
  IdentityText fresh(const std::string& node = "worker1") const {
    const auto key = must(make_key());
    const auto request = must(make_signing_request(key.get()));
    auto made = must(authority_->sign_node(request, node, kNow, hours(24)));
    return {to_pem(key.get()), made.pem, read_text(ca_.certificate)};
  }
  void expect_pair(const IdentityText& text) const {
    EXPECT_EQ(read_text(files_.key), text.key);
    EXPECT_EQ(read_text(files_.certificate), text.certificate);
    EXPECT_FALSE(fs::exists(files_.key.string() + ".new"));
    EXPECT_FALSE(fs::exists(files_.certificate.string() + ".new"));
    EXPECT_TRUE(make_link_client_context(files_));
  }
  void expect_invalid(const IdentityText& text, const std::string& why, TimePoint now = kNow) {
    const auto checked = check_identity(text, "worker1", now);
    ASSERT_FALSE(checked) << why;
    EXPECT_THAT(checked.error().message, HasSubstr(why));
  }

  test::TempDir dir_;
  enrolment::AuthorityFiles ca_{dir_ / "ca.crt", dir_ / "ca.key"};
  std::optional<enrolment::CertificateAuthority> authority_;
  TlsFiles files_{dir_ / "node/ca.crt", dir_ / "node/agent.crt", dir_ / "node/agent.key"};
};

TEST_F(IdentityFiles, ReplacesThePair) {
  must(replace_identity(files_, fresh()));
  const auto next = fresh();
  must(replace_identity(files_, next));
  expect_pair(next);
  struct stat status{};
  ::stat(files_.key.c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(IdentityFiles, APowerCutAnywhereLeavesAPairThatBelongsTogether) {
  const auto old = fresh();
  const auto next = fresh();
  const auto key_new = files_.key.string() + ".new";
  const auto certificate_new = files_.certificate.string() + ".new";
  must(replace_identity(files_, old));
  dir_.write("node/agent.key.new", next.key.substr(0, 20));  // while the key is written
  must(finish_replacement(files_));
  expect_pair(old);
  dir_.write("node/agent.key.new", next.key);  // while the certificate is written
  dir_.write("node/agent.crt.new", next.certificate.substr(0, 20));
  must(finish_replacement(files_));
  expect_pair(old);
  dir_.write("node/agent.crt.new", next.certificate);  // after the key was renamed
  dir_.write("node/agent.key.new", next.key);
  ::chmod(key_new.c_str(), 0600);
  fs::rename(key_new, files_.key);
  must(finish_replacement(files_));
  expect_pair(next);
  must(finish_replacement(files_));
  expect_pair(next);
}

TEST_F(IdentityFiles, TakesNoCertificateThatIsNotTheOneAskedFor) {
  EXPECT_TRUE(check_identity(fresh(), "worker1", kNow));
  expect_invalid(fresh("worker2"), "is for 'worker2', not for node worker1");
  auto mixed = fresh();
  mixed.key = fresh().key;
  expect_invalid(mixed, "not for the key that was made here");
  expect_invalid(fresh(), "expired", kNow + hours(25));
  auto stranger = fresh();
  const enrolment::AuthorityFiles other{dir_ / "other.crt", dir_ / "other.key"};
  must(enrolment::make_authority(other, kNow));
  stranger.ca_bundle = read_text(other.certificate);
  expect_invalid(stranger, "the certificate: ");
  stranger.ca_bundle.clear();
  expect_invalid(stranger, "CA certificates");
}

}  // namespace
}  // namespace ecokube::agent
