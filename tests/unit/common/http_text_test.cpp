#include <gtest/gtest.h>

#include "common/http_client.h"
#include "common/http_server.h"

namespace ecokube {
namespace {

TEST(HttpUrl, IsTakenApart) {
  const auto url = parse_http_url("http://127.0.10.1:8080/videos/1?x=y#top");
  ASSERT_TRUE(url.has_value()) << url.error().message;
  EXPECT_EQ(url->first.host, "127.0.10.1");
  EXPECT_EQ(url->first.port, 8080);
  EXPECT_EQ(url->second, "/videos/1?x=y");
  EXPECT_EQ(parse_http_url("https://[::1]")->first.host, "::1");
  EXPECT_EQ(parse_http_url("https://[::1]")->first.port, 443);
  EXPECT_EQ(parse_http_url("http://a?b=c")->second, "/?b=c");
}

TEST(HttpUrl, MistakesAreRefused) {
  for (const char* bad : {"", "ftp://a", "http://", "http://:80/", "http://a:0/", "http://a:99999",
                          "http://a:8x/", "http://u@a/", "http://[::1", "http://a/ b"}) {
    EXPECT_FALSE(parse_http_url(bad).has_value()) << bad;
  }
}

TEST(HttpTarget, IsDecoded) {
  const auto target = parse_target("/api/v1/pods%2Fx//y?labelSelector=a%3Db&watch&q=a+b");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->segments, (std::vector<std::string>{"api", "v1", "pods/x", "y"}));
  EXPECT_EQ(target->query_value("labelSelector"), "a=b");
  EXPECT_EQ(target->query_value("q"), "a b");
  EXPECT_EQ(target->query_value("absent"), "");
  EXPECT_FALSE(parse_target("http://x/").has_value());
  EXPECT_FALSE(parse_target("/a%2").has_value());
  EXPECT_FALSE(parse_target("/?a=%zz").has_value());
}

TEST(HttpText, EncodesWhatIsNotPlain) {
  EXPECT_EQ(percent_encode("a-b._~/ é=&"), "a-b._~%2F%20%C3%A9%3D%26");
}

TEST(HttpText, ProblemIsJson) {
  const auto problem = problem_response(404, "Not found", "no node \"x\"");
  EXPECT_EQ(problem.header("Content-Type"), "application/problem+json");
  EXPECT_NE(problem.body.find(R"("detail":"no node \"x\"")"), std::string::npos);
}

}  // namespace
}  // namespace ecokube
