// Goal: whatever a request asks for and whoever sends it, what the CA signs is a node's certificate
// of the name that we chose, and nothing else.
#include "coordinator/enrolment/certificate_authority.h"

#include <gmock/gmock.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "coordinator/enrolment/make_authority.h"
#include "coordinator/enrolment/signing_request.h"
#include "tests/support/must.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/enrolment/requests.h"

namespace ecokube::enrolment {
namespace {

using std::chrono::hours;
using test::must;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Duration kLife = hours(24 * 90);
using Extensions = std::vector<std::pair<int, std::string>>;

class CertificateAuthorityTest : public testing::Test {
 protected:
  CertificateAuthorityTest() { must(make_authority(files_, test::kNow)); }

  const CertificateAuthority& authority() {
    if (!authority_) authority_.emplace(must(load_authority(files_)));
    return *authority_;
  }
  Certificate sign(const std::string& request, const NodeName& node = "worker1") {
    auto made = must(authority().sign_node(request, node, test::kNow, kLife));
    return std::move(must(parse_certificates(made.pem)).front());
  }
  static void expect_node_only(const X509* certificate, const NodeName& node) {
    EXPECT_THAT(test::extension_texts(certificate, NID_subject_alt_name),
                ElementsAre("URI:ecokube://node/" + node));
    EXPECT_THAT(test::extension_texts(certificate, NID_basic_constraints), ElementsAre("CA:FALSE"));
    EXPECT_THAT(test::extension_texts(certificate, NID_ext_key_usage),
                ElementsAre("TLS Web Client Authentication"));
    EXPECT_THAT(test::extension_texts(certificate, NID_key_usage),
                ElementsAre("Digital Signature"));
    EXPECT_EQ(test::subject_of(certificate), "CN=ecokube-node");
    EXPECT_EQ(X509_check_ca(const_cast<X509*>(certificate)), 0);
    EXPECT_EQ(X509_get_ext_count(certificate), 6) << "these four and the key identifiers";
  }
  void expect_refused(const std::string& request, const std::string& why) {
    const auto made = authority().sign_node(request, "worker1", test::kNow, kLife);
    ASSERT_FALSE(made) << why;
    EXPECT_EQ(made.error().code, Errc::invalid);
    EXPECT_THAT(made.error().message, HasSubstr(why));
  }

  test::TempDir dir_;
  AuthorityFiles files_{dir_ / "ca.crt", dir_ / "ca.key"};
  std::optional<CertificateAuthority> authority_;
};

TEST_F(CertificateAuthorityTest, SignsForANodeAsAClientForALimitedTime) {
  const auto key = test::ec_key("P-256");
  const auto certificate = sign(must(make_signing_request(key.get())));
  expect_node_only(certificate.get(), "worker1");
  EXPECT_TRUE(same_key(certificate.get(), key.get()));
  const auto validity = must(validity_of(certificate.get()));
  EXPECT_EQ(validity.not_before, test::kNow - CertificateAuthority::kBackdated);
  EXPECT_EQ(validity.not_after, test::kNow + kLife);

  const auto trusted = must(parse_certificates(test::read_text(files_.certificate)));
  EXPECT_TRUE(verify_certificate(certificate.get(), {}, trusted, TlsEnd::client, test::kNow));
  EXPECT_FALSE(verify_certificate(certificate.get(), {}, trusted, TlsEnd::server, test::kNow))
      << "nobody may take it for a coordinator's end";
  EXPECT_FALSE(verify_certificate(certificate.get(), {}, trusted, TlsEnd::client,
                                  test::kNow + kLife + hours(1)));
}

TEST_F(CertificateAuthorityTest, GivesNothingOfWhatARequestAsksForButTheKey) {
  const auto key = test::ec_key("P-384");
  const Extensions wishes = {{NID_subject_alt_name, "URI:ecokube://coordinator/main,DNS:api"},
                             {NID_basic_constraints, "critical,CA:TRUE"},
                             {NID_key_usage, "keyCertSign,cRLSign"},
                             {NID_ext_key_usage, "serverAuth,clientAuth"},
                             {NID_netscape_comment, "anything"}};
  const auto certificate = sign(test::greedy_request(key.get(), "system:masters", wishes));
  expect_node_only(certificate.get(), "worker1");
  EXPECT_TRUE(same_key(certificate.get(), key.get()));
}

TEST_F(CertificateAuthorityTest, TakesGoodKeysOnly) {
  const auto request = [](const Key& key) { return must(make_signing_request(key.get())); };
  expect_node_only(sign(request(test::rsa_key(3072))).get(), "worker1");
  expect_refused(request(test::rsa_key(2048)), "RSA of at least 3072 bits");
  expect_refused(request(test::ec_key("secp256k1")), "use EC P-256");
  expect_refused(request(test::ec_key("P-224")), "use EC P-256");
  const auto ed25519 = test::ed25519_key();
  // OpenSSL's own signer wants no digest here; the key's kind is judged before the signature.
  expect_refused(test::request_signed_by_another(ed25519.get(), test::ec_key("P-256").get()),
                 "use EC P-256");
}

TEST_F(CertificateAuthorityTest, RefusesWhoDoesNotHoldTheKey) {
  const auto key = test::ec_key("P-256");
  const auto other = test::ec_key("P-256");
  expect_refused(test::request_signed_by_another(key.get(), other.get()), "not signed by the key");
  expect_refused("", "no certificate request");
  expect_refused(to_pem(key.get()), "no certificate request");
  expect_refused(std::string(kRequestBytesMax + 1, 'a'), "larger than 8192 bytes");
}

/// Goal: no name leads to another role, and serial numbers do not repeat.
TEST_F(CertificateAuthorityTest, NeverCarriesAnotherRoleThanNode) {
  const char* given = std::getenv("ECOKUBE_CA_SEED");
  const auto seed = given != nullptr ? std::stoul(given) : std::random_device{}();
  std::cout << "ECOKUBE_CA_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {
      "a",           "worker", "-", ".",  ",",     "URI:ecokube://",
      "coordinator", "/",      "7", "\n", "DNS:x", "node/",
      "A",           "@",      "=", ";",  "\\",    "email:copy"};
  const std::vector<Extensions> wishes = {
      {},
      {{NID_subject_alt_name, "URI:ecokube://coordinator/main"}},
      {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "keyCertSign"}},
      {{NID_subject_alt_name, "URI:ecokube://node/other"}, {NID_ext_key_usage, "serverAuth"}}};
  const auto key = test::ec_key("P-256");
  std::set<std::string> serials;
  int made_count = 0;
  for (int round = 0; round < 300; ++round) {
    NodeName name;
    for (auto left = random() % 5 + 1; left > 0; --left) name += pieces[random() % pieces.size()];
    if (random() % 4 == 0) name = "worker" + std::to_string(round);
    const auto request = test::greedy_request(key.get(), "x", wishes[random() % wishes.size()]);
    const auto made = authority().sign_node(request, name, test::kNow, kLife);
    EXPECT_EQ(made.has_value(), is_node_name(name)) << name;
    if (!made) continue;
    ++made_count;
    const auto certificate = std::move(must(parse_certificates(made->pem)).front());
    expect_node_only(certificate.get(), name);
    EXPECT_TRUE(serials.insert(made->serial).second);
    EXPECT_GE(made->serial.size(), 24U) << "128 random bits";
  }
  EXPECT_GT(made_count, 30);
}

TEST_F(CertificateAuthorityTest, EndsWithTheCaItself) {
  const auto request = must(make_signing_request(test::ec_key("P-256").get()));
  const auto end = must(validity_of(authority().certificate())).not_after;
  const auto late = must(authority().sign_node(request, "worker1", end - hours(1), kLife));
  EXPECT_EQ(late.validity.not_after, end);
  const auto over = authority().sign_node(request, "worker1", end, kLife);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Errc::config);
}

}  // namespace
}  // namespace ecokube::enrolment
