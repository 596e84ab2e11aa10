// Goal: tokens and revocations by the API: made, told once, listed without the secret, deleted.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "common/http_client.h"
#include "coordinator/api/api.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/api/fake_enrolment.h"

namespace ecokube {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

class EnrolmentHttp : public testing::Test {
 protected:
  EnrolmentHttp() {
    test::fill(fleet_);
    ApiOptions options;
    options.port = 0;
    options.socket = dir_ / "api.sock";
    api_ = make_api(io_.get_executor(), options, fleet_, &enrolment_);
    EXPECT_TRUE(api_->start());
    HttpEndpoint local;
    local.host = "localhost";
    local.unix_path = options.socket;
    unix_ = make_http_client(io_.get_executor(), local);
    HttpEndpoint tcp;
    tcp.host = "127.0.0.1";
    tcp.port = api_->port();
    tcp_ = make_http_client(io_.get_executor(), tcp);
  }
  ~EnrolmentHttp() override {
    api_->stop();
    tcp_.reset();
    unix_.reset();
    for (int i = 0; i < 100 && io_.poll() > 0; ++i) io_.restart();
  }

  HttpResponse send(HttpClient& client, std::string method, std::string target,
                    std::string body = "") {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    auto answer = test::run(io_, client.request(std::move(request)));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? std::move(*answer) : HttpResponse{};
  }
  HttpResponse send(std::string method, std::string target, std::string body = "") {
    return send(*unix_, std::move(method), std::move(target), std::move(body));
  }

  test::TempDir dir_;
  boost::asio::io_context io_{1};
  test::FakeFleet fleet_;
  test::FakeEnrolment enrolment_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpClient> unix_, tcp_;
};

TEST_F(EnrolmentHttp, ATokenIsToldOnceWithTheCommandForTheNode) {
  const auto made = send("POST", "/api/v1/tokens", R"({"node":"worker3","for_s":600,"by":"ann"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(json::parse(made.body).at("command").as_string(),
            "ecokube-agent enroll --coordinator main:7443 --token 1f0c6a2b.secret "
            "--ca-hash sha256:ab");
  ASSERT_EQ(enrolment_.made.size(), 1U);
  EXPECT_EQ(enrolment_.made[0].node, "worker3");
  EXPECT_EQ(enrolment_.made[0].created_by, "ann");
  EXPECT_EQ(enrolment_.made[0].expires_at - test::kNow, std::chrono::minutes(10));
  const auto listed = send(*tcp_, "GET", "/api/v1/tokens");
  EXPECT_EQ(listed.status, 200);
  EXPECT_THAT(listed.body, HasSubstr("1f0c6a2b"));
  EXPECT_THAT(listed.body, Not(HasSubstr("secret")));
  EXPECT_EQ(send("DELETE", "/api/v1/tokens/1f0c6a2b").status, 200);
  EXPECT_EQ(send("DELETE", "/api/v1/tokens/1f0c6a2b").status, 404);
}

TEST_F(EnrolmentHttp, ChangesAreForTheUnixSocketOnly) {
  EXPECT_EQ(send(*tcp_, "POST", "/api/v1/tokens").status, 403);
  EXPECT_EQ(send(*tcp_, "DELETE", "/api/v1/tokens/1f0c6a2b").status, 403);
  EXPECT_EQ(send(*tcp_, "POST", "/api/v1/nodes/worker1/revoke").status, 403);
  EXPECT_TRUE(enrolment_.made.empty());
  EXPECT_TRUE(enrolment_.identities.empty());
}

TEST_F(EnrolmentHttp, RefusesWithProblems) {
  for (const auto* body : {R"({"node":"Worker 3"})", R"({"node":7})", R"({"for_s":31536000})",
                           R"({"other":1})", "{"}) {
    EXPECT_EQ(send("POST", "/api/v1/tokens", body).status, 400) << body;
  }
  EXPECT_EQ(send("POST", "/api/v1/nodes/nobody/revoke").status, 404);
  enrolment_.problem = Error{Errc::unsupported, "no CA"};
  EXPECT_EQ(send("POST", "/api/v1/tokens").status, 409);
  enrolment_.problem = Error{Errc::busy, "too many"};
  EXPECT_EQ(send("POST", "/api/v1/tokens").status, 429);
  enrolment_.problem = Error{Errc::io, "disk"};
  EXPECT_EQ(send("POST", "/api/v1/tokens").status, 503);
}

TEST_F(EnrolmentHttp, ARevocationIsShownOnTheNode) {
  EXPECT_TRUE(json::parse(send("GET", "/api/v1/nodes/worker1").body).at("certificate").is_null());
  enrolment_.identities["worker1"] = {
      "worker1", {{"00ff", test::kNow, test::kNow + Duration(1000), false}}, std::nullopt};
  const auto before = json::parse(send("GET", "/api/v1/nodes/worker1").body).at("certificate");
  EXPECT_EQ(before.at("serial").as_string(), "00ff");
  EXPECT_FALSE(before.at("revoked").as_bool());
  const auto done =
      send("POST", "/api/v1/nodes/worker1/revoke", R"({"by":"ann","reason":"stolen"})");
  EXPECT_EQ(done.status, 200) << done.body;
  const auto after = json::parse(send("GET", "/api/v1/nodes/worker1").body).at("certificate");
  EXPECT_TRUE(after.at("revoked").as_bool());
  EXPECT_EQ(after.at("revocation").at("reason").as_string(), "stolen");
}

}  // namespace
}  // namespace ecokube
