// Goal: a CA that we made or that a user brings is one, its key is private, and no file is lost.
#include "coordinator/enrolment/make_authority.h"

#include <gmock/gmock.h>
#include <openssl/objects.h>
#include <sys/stat.h>

#include "tests/support/must.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/enrolment/requests.h"

namespace ecokube::enrolment {
namespace {

using test::must;
using test::read_text;
using testing::ElementsAre;
using testing::HasSubstr;

class MakeAuthority : public testing::Test {
 protected:
  static unsigned mode_of(const std::filesystem::path& file) {
    struct stat status{};
    ::stat(file.c_str(), &status);
    return status.st_mode & 07777U;
  }
  void expect_config_error(const std::string& why) {
    const auto loaded = load_authority(files_);
    ASSERT_FALSE(loaded) << why;
    EXPECT_EQ(loaded.error().code, Errc::config);
    EXPECT_THAT(loaded.error().message, HasSubstr(why));
  }

  test::TempDir dir_;
  AuthorityFiles files_{dir_ / "pki/ca.crt", dir_ / "pki/ca.key"};
  TlsFiles own_{{}, dir_ / "coordinator.crt", dir_ / "coordinator.key"};
};

TEST_F(MakeAuthority, MakesWhatItThenLoadsAndReplacesNothing) {
  must(make_authority(files_, test::kNow));
  EXPECT_EQ(mode_of(files_.key), 0600U);
  EXPECT_EQ(mode_of(files_.certificate), 0644U);
  EXPECT_TRUE(load_authority(files_));
  const auto key = read_text(files_.key);
  const auto again = make_authority(files_, test::kNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::conflict);
  EXPECT_THAT(again.error().message, HasSubstr("exists already"));
  EXPECT_EQ(read_text(files_.key), key);
}

TEST_F(MakeAuthority, TheCoordinatorsCertificateIsAServersAndNoNodes) {
  must(make_authority(files_, test::kNow));
  must(make_coordinator_certificate(files_, own_, "main", test::kNow, false));
  EXPECT_EQ(mode_of(own_.key), 0600U);
  const auto made = must(parse_certificates(read_text(own_.certificate)));
  const auto trusted = must(parse_certificates(read_text(files_.certificate)));
  EXPECT_THAT(test::extension_texts(made[0].get(), NID_subject_alt_name),
              ElementsAre("URI:ecokube://coordinator/main"));
  EXPECT_TRUE(verify_certificate(made[0].get(), {}, trusted, TlsEnd::server, test::kNow));
  EXPECT_FALSE(verify_certificate(made[0].get(), {}, trusted, TlsEnd::client, test::kNow));
  EXPECT_FALSE(make_coordinator_certificate(files_, own_, "main", test::kNow, false));
  EXPECT_TRUE(make_coordinator_certificate(files_, own_, "main", test::kNow, true));
}

TEST_F(MakeAuthority, SaysWhatIsWrongWithABroughtCa) {
  expect_config_error("private key " + files_.key.string());
  must(make_authority(files_, test::kNow));
  ::chmod(files_.key.c_str(), 0640);
  expect_config_error("chmod 600");
  ::chmod(files_.key.c_str(), 0600);
  const auto good = read_text(files_.certificate);
  dir_.write("pki/ca.crt", "nonsense");
  expect_config_error("no PEM certificate");
  const AuthorityFiles other{dir_ / "other.crt", dir_ / "other.key"};
  must(make_authority(other, test::kNow));
  dir_.write("pki/ca.crt", read_text(other.certificate));
  expect_config_error("belongs to the CA's key");
  dir_.write("pki/ca.crt", read_text(other.certificate) + good);
  EXPECT_TRUE(load_authority(files_)) << "a bundle that holds the key's own";
  must(make_coordinator_certificate(files_, own_, "main", test::kNow, false));
  files_ = {own_.certificate, own_.key};
  expect_config_error("is no CA's");
}

/// Goal: the hash is the one that people make with openssl, as kubeadm documents it.
TEST_F(MakeAuthority, HashOfThePublicKeyIsTheUsualOne) {
  const auto made = must(parse_certificates(R"(-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUMAVTC8Go3nMK2gx7cUEHOu3CcegwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjUwODIwNTdaFw0yNjEyMjUwODIwNTda
MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR8a8bF
mEiHxzq3lTM2Bj0ql0sTd+uegjUhfCirnRacHvV6OCiRO/S7Dysj9bSPs4w/WHWs
dTqcAqiqpQqSpMYLo1MwUTAdBgNVHQ4EFgQU5VD6nV27nYmIuMG9hNIhBKe3Husw
HwYDVR0jBBgwFoAU5VD6nV27nYmIuMG9hNIhBKe3HuswDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEAyXt2lwJBvnXGVLLWe1DU5RU+VuzxvwOrelCO
3r9uh4wCIHC8pnCRNIqEn0nlTgjCqJOwk4QRtdfHlXVItPWf2P5W
-----END CERTIFICATE-----
)"));
  EXPECT_EQ(public_key_hash(made[0].get()),
            "sha256:0da70dc5bf2460be6e87a15d19d43e1132beea76786e81a299d80685a74898bd");
}

}  // namespace
}  // namespace ecokube::enrolment
