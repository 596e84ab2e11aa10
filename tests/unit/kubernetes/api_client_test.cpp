// A budget that does not allow an eviction is a no about one pod; a server that is too busy is not.
#include "coordinator/kubernetes/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>

#include "common/http_server.h"
#include "coordinator/kubernetes/cluster_calls.h"
#include "tests/support/run.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

/// A server that answers each request by its path.
class ApiClientTest : public testing::Test {
 protected:
  ApiClientTest() {
    server_ = make_http_server(io_.get_executor(),
                               [this](HttpExchange& exchange) { return answer(exchange); });
    access_.host = "127.0.0.1";
    access_.port = *server_->listen_tcp("127.0.0.1", 0);
    access_.tls = false;
    client_ = *ApiClient::make(io_.get_executor(), access_);
  }
  ~ApiClientTest() override {
    server_->stop();
    client_.reset();
    io_.restart();
    io_.run_for(std::chrono::seconds(1));
  }

  asio::awaitable<void> answer(HttpExchange& exchange) {
    asked_.emplace_back(exchange.target());
    HttpResponse response = answers_.at(asked_.back());
    (void)co_await exchange.respond(std::move(response));
  }
  void will_say(const std::string& pod, int status, const std::string& body,
                const std::string& retry_after = "") {
    auto response = json_response(status, body);
    if (!retry_after.empty()) response.headers.emplace_back("Retry-After", retry_after);
    answers_["/api/v1/namespaces/d/pods/" + pod + "/eviction"] = std::move(response);
  }
  Result<void> evict(const std::vector<std::string>& names) {
    std::vector<core::PodRef> pods;
    for (const auto& name : names) pods.push_back({"uid", "d", name});
    return test::run(io_, evict_pods(client_, std::move(pods)));
  }

  asio::io_context io_{1};
  std::map<std::string, HttpResponse> answers_;
  std::vector<std::string> asked_;
  std::unique_ptr<HttpServer> server_;
  Access access_;
  std::shared_ptr<ApiClient> client_;
};

constexpr auto kByBudget = R"({"message": "Cannot evict pod", "details": {"causes": [
    {"reason": "DisruptionBudget", "message": "The disruption budget b needs 1"}]}})";

TEST_F(ApiClientTest, ABudgetsNoIsARefusalAndHoldsNothingBack) {
  will_say("a", 429, kByBudget, "10");
  will_say("b", 201, "{}");
  const auto begun = std::chrono::steady_clock::now();
  const auto refused = evict({"a", "b"});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(9));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("d/a"));
  EXPECT_THAT(refused.error().message, HasSubstr("The disruption budget b needs 1"));
  EXPECT_EQ(asked_.size(), 2U) << "the other is asked for";
}

TEST_F(ApiClientTest, AnOverloadedServerIsNoRefusalAndIsLeftAlone) {
  will_say("a", 429, R"({"message": "too many requests"})", "1");
  const auto begun = std::chrono::steady_clock::now();
  const auto busy = evict({"a", "b"});
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, Errc::busy);
  EXPECT_EQ(asked_.size(), 1U) << "the others would be told the same";
  will_say("a", 201, "{}");
  EXPECT_TRUE(evict({"a"}));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
}

// Servers call this an error of their own; a person must remove one of the budgets.
TEST_F(ApiClientTest, TwoBudgetsAreARefusalAndAnotherFailureIsNot) {
  will_say("a", 500, R"({"message": "This pod has more than one PodDisruptionBudget, which ..."})");
  EXPECT_EQ(evict({"a"}).error().code, Errc::refused);
  will_say("a", 500, R"({"message": "etcdserver: request timed out"})");
  EXPECT_EQ(evict({"a"}).error().code, Errc::unreachable);
}

TEST_F(ApiClientTest, OnlyAnotherUidMakesAConflictASuccess) {
  will_say("a", 409, R"({"message": "the UID in the precondition (x) does not match"})");
  EXPECT_TRUE(evict({"a"}));
  will_say("a", 409, R"({"message": "the object has been modified"})");
  EXPECT_EQ(evict({"a"}).error().code, Errc::conflict);
}

TEST_F(ApiClientTest, TheFirstOfSeveralRefusalsIsReported) {
  will_say("a", 404, "{}");
  will_say("b", 429, kByBudget);
  will_say("c", 403, R"({"message": "denied by an admission webhook"})");
  EXPECT_THAT(evict({"a", "b", "c"}).error().message, HasSubstr("d/b"));
  EXPECT_EQ(asked_.size(), 3U);
}

}  // namespace
}  // namespace ecokube::kubernetes
