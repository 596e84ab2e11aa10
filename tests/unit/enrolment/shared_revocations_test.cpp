// Goal: what one coordinator revoked, the others refuse, whatever becomes of the Node that carried
// it.
#include "coordinator/enrolment/shared_revocations.h"

#include <gmock/gmock.h>

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
using std::chrono::seconds;
using test::must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Database final : public IdentityStore {
 public:
  Result<Identities> recover_identities() override { return kept; }
  asio::awaitable<Result<void>> write_identity(IdentityChange change) override {
    if (!change.node) co_return Result<void>();
    std::erase_if(kept.nodes, [&](const auto& one) { return one.node == change.node->node; });
    kept.nodes.push_back(*change.node);
    co_return Result<void>();
  }
  Identities kept;
};

/// The Node of worker1, as a Kubernetes has it.
struct NodeObject {
  core::KubeNode node;
  bool answers = true;
  int writes = 0;
};

class SharedRevocationsTest : public testing::Test {
 protected:
  /// A coordinator with a database of its own.
  struct Coordinator {
    Coordinator(SharedRevocationsTest& test, std::string id) : test_(test), id_(std::move(id)) {
      start();
    }
    /// Again, with its database.
    void start() {
      EnrolmentOptions options;
      options.authority.emplace(must(load_authority(test_.files_)));
      options.clock = [this] { return test_.now_; };
      options.on_revoked = [this](const NodeName& node, const std::string& why) {
        ended.push_back(why);
        if (shared) shared->revoked(node);
      };
      options.is_current = [this] { return shared->is_current(); };
      enrolment.emplace(std::move(options), must(store.recover_identities()), store);
      shared.emplace(
          test_.io_.get_executor(), *enrolment,
          [this](const NodeName&, std::string text) { return test_.write(std::move(text)); },
          [this] { return test_.now_; });
    }
    void see_node() {
      shared->see(core::NodeSeen{test_.object_.node});
      test_.settle();
    }
    bool lets_in(const std::string& serial, TimePoint not_before) {
      const ShownCertificate shown{"worker1", serial, not_before, not_before + hours(24)};
      return test::run(test_.io_, enrolment->admit(shown)).has_value();
    }
    Result<NodeCertificate> renews() {
      const auto key = must(make_key());
      auto issued =
          test::run(test_.io_, enrolment->renew("worker1", must(make_signing_request(key.get()))));
      if (!issued) return std::unexpected(issued.error());
      return read(*issued);
    }
    static NodeCertificate read(const IssuedCertificate& issued) {
      const auto made = must(parse_certificates(issued.certificate_pem));
      const auto validity = must(validity_of(made.front().get()));
      return {issued.certificate_pem, serial_of(made.front().get()), validity};
    }
    Result<NodeCertificate> enroll() {
      TokenWish wish{"worker1", hours(1), "ann"};
      const auto token = must(test::run(test_.io_, enrolment->make_token(std::move(wish))));
      const auto key = must(make_key());
      EnrolmentRequest asked{token.token, "worker1", must(make_signing_request(key.get())), id_};
      const auto issued = must(test::run(test_.io_, enrolment->enroll(std::move(asked))));
      return read(issued);
    }

    SharedRevocationsTest& test_;
    std::string id_;
    Database store;
    std::vector<std::string> ended;
    std::optional<Enrolment> enrolment;
    std::optional<SharedRevocations> shared;
  };

  SharedRevocationsTest() { object_.node.name = "worker1"; }
  static AuthorityFiles made_in(const test::TempDir& dir) {
    AuthorityFiles files{dir / "ca.crt", dir / "ca.key"};
    must(make_authority(files, test::kNow - hours(1)));
    return files;
  }
  asio::awaitable<Result<void>> write(std::string text) {
    if (!object_.answers) co_return fail(Errc::unreachable, "no API server");
    ++object_.writes;
    object_.node.annotations[std::string(names::kRevoked)] = std::move(text);
    co_return Result<void>();
  }
  void settle() {
    io_.restart();
    io_.poll();
  }
  void revoke(Coordinator& at) {
    (void)must(test::run(io_, at.enrolment->revoke("worker1", "ann", "disk sold")));
    settle();
  }

  asio::io_context io_{1};
  test::TempDir dir_;
  AuthorityFiles files_ = made_in(dir_);
  TimePoint now_ = test::kNow;
  NodeObject object_;
  Coordinator a_{*this, "a"}, b_{*this, "b"};
};

TEST_F(SharedRevocationsTest, TheTextIsReadAsItWasWritten) {
  const Revocation revocation{test::kNow, "ann", "disk: sold"};
  EXPECT_EQ(parse_revocation(format_revocation(revocation)), revocation);
  for (const auto* text : {"", "at_ms=x ann: y", "at_ms=1", "at_ms=1 ann", "1 ann: y"}) {
    EXPECT_FALSE(parse_revocation(text)) << text;
  }
}

TEST_F(SharedRevocationsTest, TheOthersRefuseItToo) {
  a_.see_node();
  b_.see_node();
  ASSERT_TRUE(b_.lets_in("aa", now_ - hours(1)));
  revoke(a_);
  EXPECT_EQ(object_.writes, 1);
  b_.see_node();
  EXPECT_FALSE(b_.lets_in("aa", now_ - hours(1)));
  EXPECT_FALSE(b_.lets_in("bb", now_ - hours(2))) << "one that it never saw";
  EXPECT_THAT(b_.ended, ElementsAre(HasSubstr("revoked by ann (disk sold)")));
  a_.see_node();
  b_.see_node();
  EXPECT_EQ(object_.writes, 1) << "all know it";
  EXPECT_EQ(b_.ended.size(), 1U);
}

TEST_F(SharedRevocationsTest, WhoTakesItOffTheNodeIsNotLetIn) {
  a_.see_node();
  b_.see_node();
  revoke(a_);
  b_.see_node();
  object_.node.annotations.clear();
  b_.start();
  EXPECT_FALSE(b_.lets_in("aa", now_ - hours(1))) << "it is in its own database";
  b_.see_node();
  EXPECT_EQ(object_.writes, 2) << "and on the Node again";
}

TEST_F(SharedRevocationsTest, ItWaitsForTheNodeAndForTheApiServer) {
  revoke(a_);
  EXPECT_EQ(object_.writes, 0) << "Kubernetes has no such Node yet";
  object_.answers = false;
  a_.see_node();
  EXPECT_EQ(object_.writes, 0);
  object_.answers = true;
  a_.see_node();
  EXPECT_EQ(object_.writes, 1);
}

TEST_F(SharedRevocationsTest, TheCertificateThatFollowsIsGoodEverywhere) {
  a_.see_node();
  b_.see_node();
  ASSERT_TRUE(b_.lets_in("aa", now_ - hours(1)));
  revoke(a_);
  b_.see_node();
  const auto next = must(a_.enroll());
  EXPECT_GT(next.validity.not_before, now_ - seconds(1)) << "not back-dated past the revocation";
  EXPECT_LE(next.validity.not_before, now_) << "and good at once";
  EXPECT_TRUE(a_.lets_in(next.serial, next.validity.not_before));
  EXPECT_TRUE(b_.lets_in(next.serial, next.validity.not_before));
  EXPECT_FALSE(b_.lets_in("aa", now_ - hours(1)));
}

TEST_F(SharedRevocationsTest, OneThatIsHeardOfLateSparesWhatBeganSince) {
  a_.see_node();
  revoke(a_);
  now_ += seconds(2);
  const auto next = must(a_.enroll());
  ASSERT_TRUE(b_.lets_in(next.serial, next.validity.not_before));
  ASSERT_TRUE(b_.lets_in("aa", now_ - hours(1))) << "b was cut off";
  b_.see_node();
  EXPECT_TRUE(b_.lets_in(next.serial, next.validity.not_before));
  EXPECT_FALSE(b_.lets_in("aa", now_ - hours(1)));
}

TEST_F(SharedRevocationsTest, TheLaterOneCountsAndOneFromTheFutureDoesNot) {
  a_.see_node();
  revoke(a_);
  b_.see_node();
  now_ += hours(1);
  revoke(b_);
  a_.see_node();
  EXPECT_EQ(a_.enrolment->identity("worker1")->revocation->at, now_);
  object_.node.annotations[std::string(names::kRevoked)] =
      format_revocation({now_ + hours(1), "worker1", "its own kubelet"});
  const auto writes = object_.writes;
  a_.see_node();
  EXPECT_EQ(a_.enrolment->identity("worker1")->revocation->at, now_);
  EXPECT_EQ(object_.writes, writes + 1) << "the real one is written over it";
}

TEST_F(SharedRevocationsTest, NobodyRenewsWhoMayHaveBeenRevokedElsewhere) {
  ASSERT_TRUE(b_.lets_in("aa", now_ - hours(1)));
  EXPECT_FALSE(b_.renews()) << "b has not seen the cluster";
  b_.shared->see(core::ClusterListed{1, {object_.node}, {}});
  EXPECT_TRUE(b_.renews());
  now_ += minutes(4) + seconds(1);
  EXPECT_FALSE(b_.renews()) << "nor heard of it for minutes";
  b_.shared->see(core::ClusterAlive{1});
  EXPECT_TRUE(b_.renews());
}

TEST_F(SharedRevocationsTest, WhatWasRenewedWhileTheOtherRevokedIsRevokedToo) {
  a_.see_node();
  b_.shared->see(core::ClusterListed{1, {object_.node}, {}});
  revoke(a_);
  now_ += seconds(3);
  const auto renewed = b_.renews();  // it has not heard of it yet
  ASSERT_TRUE(renewed);
  b_.see_node();
  EXPECT_FALSE(b_.lets_in(renewed->serial, renewed->validity.not_before));
  EXPECT_FALSE(a_.lets_in(renewed->serial, renewed->validity.not_before));
}

TEST_F(SharedRevocationsTest, AListTellsItAsAWatchDoes) {
  object_.node.annotations[std::string(names::kRevoked)] =
      format_revocation({now_, "ann", "disk sold"});
  b_.shared->see(core::ClusterListed{1, {object_.node}, {}});
  settle();
  EXPECT_FALSE(b_.lets_in("aa", now_ - hours(1)));
}

}  // namespace
}  // namespace ecokube::enrolment
