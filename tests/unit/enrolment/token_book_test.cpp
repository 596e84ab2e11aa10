// Goal: a token lets one node in, once, in its time, and nobody can find one out.
#include "coordinator/enrolment/token_book.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/support/must.h"
#include "tests/unit/enrolment/requests.h"

namespace ecokube::enrolment {
namespace {

using std::chrono::hours;
using test::kNow;
using test::must;
using testing::HasSubstr;

struct Made {
  std::string text;
  TokenRecord record;
};

Made token(const NodeName& node = "") {
  auto fresh = must(fresh_token());
  fresh.record.node = node;
  fresh.record.created_at = kNow;
  fresh.record.expires_at = kNow + hours(1);
  return {fresh.text, fresh.record};
}

std::string refusal(const TokenBook& book, const std::string& text,
                    const NodeName& node = "worker1", TimePoint now = kNow) {
  const auto checked = book.check(text, node, now);
  if (checked) return "allowed";
  EXPECT_EQ(checked.error().code, Errc::refused);
  return checked.error().message;
}

TEST(TokenBook, ATokenHas128RandomBitsAndIsKeptAsAHash) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const auto made = token();
    EXPECT_THAT(made.text, testing::MatchesRegex("[0-9a-f]{8}\\.[0-9a-f]{32}"));
    EXPECT_TRUE(seen.insert(made.text.substr(9)).second);
    EXPECT_EQ(made.record.secret_sha256.size(), 64U);
    EXPECT_EQ(made.record.secret_sha256.find(made.text.substr(9)), std::string::npos);
  }
}

TEST(TokenBook, RefusesWithAReason) {
  TokenBook book;
  const auto any = token();
  const auto bound = token("worker2");
  book.put(any.record);
  book.put(bound.record);
  EXPECT_EQ(refusal(book, any.text), "allowed");
  EXPECT_EQ(refusal(book, bound.text, "worker2"), "allowed");
  EXPECT_THAT(refusal(book, bound.text, "worker1"), HasSubstr("another node"));
  EXPECT_THAT(refusal(book, any.text, "worker1", kNow + hours(1)), HasSubstr("expired"));
  auto used = any.record;
  used.used_by = "worker7";
  book.put(used);
  EXPECT_THAT(refusal(book, any.text), HasSubstr("used already, by worker7"));
  EXPECT_TRUE(book.drop(bound.record.id));
  EXPECT_THAT(refusal(book, bound.text, "worker2"), HasSubstr("not known"));
}

/// Goal: who has no token learns nothing, not even that an id is right.
TEST(TokenBook, TellsNothingToWhoHoldsNoToken) {
  TokenBook book;
  const auto made = token("worker2");
  book.put(made.record);
  const auto unknown = refusal(book, "00000000.00000000000000000000000000000000");
  EXPECT_THAT(unknown, HasSubstr("not known"));
  auto near = made.text;
  near.back() = near.back() == '0' ? '1' : '0';
  for (const auto& guess : {std::string(), std::string("."), made.record.id, made.record.id + ".",
                            made.record.id + "." + made.record.secret_sha256, near, made.text + "0",
                            std::string(100'000, 'a')}) {
    EXPECT_EQ(refusal(book, guess), unknown) << guess.substr(0, 80);
  }
}

TEST(TokenBook, IsBoundedAndForgetsWhatIsLongOver) {
  TokenBook book;
  for (std::size_t i = 0; i < TokenBook::kTokensMax; ++i) {
    ASSERT_TRUE(book.make_room(kNow));
    book.put(token().record);
  }
  const auto full = book.make_room(kNow);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Errc::busy);
  const auto later = kNow + hours(2) + TokenBook::kRemembered;
  EXPECT_EQ(must(book.make_room(later)).size(), TokenBook::kTokensMax);
  EXPECT_TRUE(book.list().empty());
}

}  // namespace
}  // namespace ecokube::enrolment
