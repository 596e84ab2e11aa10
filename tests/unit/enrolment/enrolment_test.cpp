// Goal: who gets a certificate and who does not, and that what was granted is on the disk first.
#include "coordinator/enrolment/enrolment.h"

#include <gmock/gmock.h>
#include <openssl/objects.h>

#include <boost/asio/io_context.hpp>

#include "coordinator/enrolment/make_authority.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/enrolment/requests.h"

namespace ecokube::enrolment {
namespace {

namespace asio = boost::asio;
using std::chrono::hours;
using std::chrono::minutes;
using test::must;
using testing::HasSubstr;

/// Keeps what is written, unless the disk is to fail.
class MemoryStore final : public IdentityStore {
 public:
  Result<Identities> recover_identities() override { return Identities{}; }
  asio::awaitable<Result<void>> write_identity(IdentityChange change) override {
    if (broken) co_return fail(Errc::io, "the disk is full");
    changes.push_back(std::move(change));
    co_return Result<void>();
  }
  std::vector<IdentityChange> changes;
  bool broken = false;
};

class EnrolmentTest : public testing::Test {
 protected:
  EnrolmentTest() {
    must(make_authority(files_, test::kNow));
    open(true);
  }
  void open(bool with_authority) {
    EnrolmentOptions options;
    if (with_authority) options.authority.emplace(must(load_authority(files_)));
    options.ca_bundle_pem = test::read_text(files_.certificate);
    options.ca_hash = "sha256:ab";
    options.coordinator = "main:7443";
    options.clock = [this] { return now_; };
    options.on_revoked = [this](const NodeName& node, const std::string& why) {
      ended_.push_back(node + ": " + why);
    };
    enrolment_.emplace(std::move(options), Identities{}, store_);
  }

  MadeToken token(const NodeName& node = "") {
    TokenWish wish{node, hours(1), "ann"};
    return must(test::run(io_, enrolment_->make_token(std::move(wish))));
  }
  Result<IssuedCertificate> enroll(const std::string& with, const NodeName& node,
                                   const std::string& peer = "10.0.0.5") {
    const auto key = must(make_key());
    EnrolmentRequest asked{with, node, must(make_signing_request(key.get())), peer};
    return test::run(io_, enrolment_->enroll(std::move(asked)));
  }
  void expect_refused(const std::string& with, const NodeName& node, Errc code,
                      const std::string& why, const std::string& peer = "10.0.0.5") {
    const auto outcome = enroll(with, node, peer);
    ASSERT_FALSE(outcome) << why;
    EXPECT_EQ(outcome.error().code, code) << outcome.error().message;
    EXPECT_THAT(outcome.error().message, HasSubstr(why));
  }

  asio::io_context io_{1};
  test::TempDir dir_;
  AuthorityFiles files_{dir_ / "ca.crt", dir_ / "ca.key"};
  TimePoint now_ = test::kNow;
  MemoryStore store_;
  std::optional<Enrolment> enrolment_;
  std::vector<std::string> ended_;
};

TEST_F(EnrolmentTest, ATokenLetsOneNodeInOnce) {
  const auto made = token();
  EXPECT_EQ(made.coordinator, "main:7443");
  const auto issued = enroll(made.token, "worker1");
  ASSERT_TRUE(issued) << issued.error().message;
  EXPECT_EQ(issued->ca_bundle_pem, test::read_text(files_.certificate));
  const auto certificates = must(parse_certificates(issued->certificate_pem));
  EXPECT_THAT(test::extension_texts(certificates[0].get(), NID_subject_alt_name),
              testing::ElementsAre("URI:ecokube://node/worker1"));
  const auto& written = store_.changes.back();
  EXPECT_EQ(written.token->used_by, "worker1");
  EXPECT_EQ(written.node->certificates.back().serial, serial_of(certificates[0].get()));
  expect_refused(made.token, "worker2", Errc::refused, "used already, by worker1");
}

/// Goal: no token is in the store in the clear.
TEST_F(EnrolmentTest, TheStoreSeesNoToken) {
  const auto made = token();
  const auto secret = made.token.substr(made.token.find('.') + 1);
  const auto& record = *store_.changes.back().token;
  for (const auto& text : {record.id, record.secret_sha256, record.created_by, record.node}) {
    EXPECT_EQ(text.find(secret), std::string::npos);
  }
}

TEST_F(EnrolmentTest, ATakenNameNeedsARevocationOrATokenOfItsOwn) {
  ASSERT_TRUE(enroll(token().token, "worker1"));
  expect_refused(token().token, "worker1", Errc::conflict, "enrolled already");
  EXPECT_TRUE(enroll(token("worker1").token, "worker1")) << "made for this very name";
  ASSERT_TRUE(test::run(io_, enrolment_->revoke("worker1", "ann", "gone")));
  EXPECT_TRUE(enroll(token().token, "worker1"));
  now_ += hours(24 * 91);
  EXPECT_TRUE(enroll(token().token, "worker1")) << "the old one is over";
}

TEST_F(EnrolmentTest, RefusesWhatItMust) {
  expect_refused("nonsense", "worker1", Errc::refused, "not known", "10.0.0.1");
  expect_refused(token("worker2").token, "worker1", Errc::refused, "another node", "10.0.0.2");
  expect_refused(token().token, "Worker_1", Errc::invalid, "no node's name", "10.0.0.3");
  const auto late = token();
  now_ += hours(1);
  expect_refused(late.token, "worker1", Errc::refused, "expired", "10.0.0.4");
  EnrolmentRequest bad{token().token, "worker1", "no request", "10.0.0.5"};
  const auto outcome = test::run(io_, enrolment_->enroll(std::move(bad)));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::invalid);
}

TEST_F(EnrolmentTest, GuessingIsHeldBackEvenWithARightToken) {
  const auto good = token();
  for (int i = 0; i < AttemptLimit::kFailuresMax; ++i) {
    expect_refused("00000000." + std::to_string(i), "worker1", Errc::refused, "not known");
  }
  expect_refused(good.token, "worker1", Errc::busy, "try again in a minute");
  EXPECT_TRUE(enroll(good.token, "worker1", "10.0.0.6")) << "another machine is not held back";
  now_ += minutes(1);
  EXPECT_TRUE(enroll(token().token, "worker2"));
}

TEST_F(EnrolmentTest, NothingIsGrantedThatIsNotOnTheDisk) {
  const auto made = token();
  store_.broken = true;
  expect_refused(made.token, "worker1", Errc::io, "the disk is full");
  store_.broken = false;
  expect_refused(made.token, "worker1", Errc::refused, "used already");
}

TEST_F(EnrolmentTest, RevocationEndsLinksAndIsCheckedAtEachHandshake) {
  const auto issued = must(enroll(token().token, "worker1"));
  const auto certificate = std::move(must(parse_certificates(issued.certificate_pem)).front());
  const auto validity = must(validity_of(certificate.get()));
  const ShownCertificate shown{"worker1", serial_of(certificate.get()), validity.not_before,
                               validity.not_after};
  EXPECT_TRUE(test::run(io_, enrolment_->admit(shown)));
  ASSERT_TRUE(test::run(io_, enrolment_->revoke("worker1", "ann", "stolen")));
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_THAT(ended_[0], HasSubstr("revoked by ann (stolen)"));
  const auto refused = test::run(io_, enrolment_->admit(shown));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::forbidden);
}

/// Goal: a node whose certificate somebody made by hand has its name too.
TEST_F(EnrolmentTest, ACertificateThatWasSeenTakesItsName) {
  ShownCertificate by_hand{"worker9", "77", now_ - hours(1), now_ + hours(1)};
  ASSERT_TRUE(test::run(io_, enrolment_->admit(by_hand)));
  EXPECT_EQ(store_.changes.size(), 1U);
  ASSERT_TRUE(test::run(io_, enrolment_->admit(by_hand)));
  EXPECT_EQ(store_.changes.size(), 1U) << "once";
  expect_refused(token().token, "worker9", Errc::conflict, "enrolled already");
}

TEST_F(EnrolmentTest, WithoutACaItSaysSo) {
  open(false);
  TokenWish wish{"", hours(1), "ann"};
  const auto made = test::run(io_, enrolment_->make_token(std::move(wish)));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::unsupported);
  EXPECT_THAT(made.error().message, HasSubstr("ca_key"));
  expect_refused("any", "worker1", Errc::unsupported, "signs no certificates");
}

TEST_F(EnrolmentTest, RenewsForTheNodeThatAsks) {
  ASSERT_TRUE(enroll(token().token, "worker1"));
  now_ += hours(24 * 60);
  const auto key = must(make_key());
  auto request = must(make_signing_request(key.get()));
  const auto renewed = must(test::run(io_, enrolment_->renew("worker1", std::move(request))));
  const auto certificate = std::move(must(parse_certificates(renewed.certificate_pem)).front());
  EXPECT_EQ(must(validity_of(certificate.get())).not_after, now_ + hours(24 * 90));
  EXPECT_EQ(enrolment_->identity("worker1")->certificates.size(), 2U);
}

}  // namespace
}  // namespace ecokube::enrolment
