#include "tests/unit/common/http_fixture.h"

namespace ecokube::test {
namespace {

TEST_F(Http, AnswersAndKeepsTheConnection) {
  const auto http = plain();
  const auto first = post(*http, "/echo", "hello");
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(first->body, "POST:hello");
  EXPECT_EQ(first->header("content-type"), "application/json");
  EXPECT_EQ(get(*http, "/echo")->body, "GET:");
  EXPECT_EQ(get(*http, "/echo")->body, "GET:");
}

TEST_F(Http, BodyAboveTheLimitIsRefusedAndTheAnswerArrives) {
  const auto http = plain();
  const auto small = post(*http, "/echo", std::string(kSmallBody + 1, 'b'));
  ASSERT_TRUE(small.has_value()) << small.error().message;
  EXPECT_EQ(small->status, 413);
  const auto large = post(*http, "/echo", std::string(8UL * 1024 * 1024, 'b'));
  ASSERT_TRUE(large.has_value()) << large.error().message;
  EXPECT_EQ(large->status, 413);
  EXPECT_EQ(post(*http, "/echo", std::string(kSmallBody, 'b'))->status, 200);
}

TEST_F(Http, BodiesAreReadInPieces) {
  const auto http = plain();
  EXPECT_EQ(post(*http, "/swallow", std::string(3'000'000, 's'))->body, "3000000");
}

TEST_F(Http, AnswerAboveTheClientsLimitIsAnError) {
  const auto http = plain({.body_bytes_max = 10});
  const auto answer = post(*http, "/echo", "more than ten bytes");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Errc::too_large);
}

TEST_F(Http, ExceptionBecomesA500ThatTellsNothing) {
  const auto http = plain();
  const auto thrown = get(*http, "/throw");
  ASSERT_TRUE(thrown.has_value());
  EXPECT_EQ(thrown->status, 500);
  EXPECT_THAT(thrown->body, ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(get(*http, "/unanswered")->status, 500);
}

TEST_F(Http, StreamsAreGivenPieceByPieceToTheirEnd) {
  const auto http = plain();
  std::string all;
  HttpRequest request;
  request.target = "/three";
  HttpClient::OnBytes collect = [&](std::string_view bytes) {
    all += bytes;
    return true;
  };
  const auto answer = test::run(io_, http->stream(std::move(request), std::move(collect)));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(all, "one\ntwo\nthree\n");
}

TEST_F(Http, ServerNoticesThatTheClientOfAStreamIsGone) {
  const auto http = plain();
  HttpRequest request;
  request.target = "/endless";
  HttpClient::OnBytes stop_at_once = [](std::string_view) { return false; };
  const auto answer = test::run(io_, http->stream(std::move(request), std::move(stop_at_once)));
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(test::run_until(io_, [&] { return seen_.client_gone; }));
}

TEST_F(Http, StatusFrom300IsNotStreamed) {
  const auto http = plain();
  HttpRequest request;
  request.target = "/throw";
  HttpClient::OnBytes never = [](std::string_view) -> bool {
    ADD_FAILURE() << "an error's body is no part of the stream";
    return true;
  };
  const auto answer = test::run(io_, http->stream(std::move(request), std::move(never)));
  EXPECT_EQ(answer->status, 500);
  EXPECT_FALSE(answer->body.empty());
}

TEST_F(Http, AnswersThatDoNotComeTimeOut) {
  const auto http = plain({.response_timeout = std::chrono::milliseconds(50)});
  const auto answer = get(*http, "/never");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Errc::timeout);
  EXPECT_THAT(answer.error().message, HasSubstr("GET http://127.0.0.1:"));
}

TEST_F(Http, StopEndsConnectionsWithHandlersInThem) {
  const auto http = plain();
  bool ended = false;
  HttpRequest request;
  request.target = "/never";
  asio::co_spawn(io_, http->request(std::move(request)),
                 [&](std::exception_ptr, Result<HttpResponse> answer) {
                   EXPECT_EQ(answer.error().code, Errc::unreachable);
                   ended = true;
                 });
  EXPECT_TRUE(test::run_until(io_, [&] { return seen_.requests == 1; }));
  server_->stop();
  EXPECT_TRUE(test::run_until(io_, [&] { return ended; }));
  io_.restart();
  io_.run();  // nothing is left: the coroutines have ended
}

}  // namespace
}  // namespace ecokube::test
