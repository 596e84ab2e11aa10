// Handlers of tokens and certificates: who may be a node.
#include <boost/json.hpp>
#include <utility>

#include "common/http_status.h"
#include "coordinator/api/asked_body.h"
#include "coordinator/api/json.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/times.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::chrono::hours kTokenValid{1};
constexpr std::chrono::hours kTokenValidMax{24 * 30};

HttpResponse problem(const Error& error) {
  switch (error.code) {
    case Errc::invalid: return problem_response(kHttpBadRequest, "Bad request", error.message);
    case Errc::not_found: return problem_response(kHttpNotFound, "Not found", error.message);
    case Errc::busy: return problem_response(kHttpTooManyRequests, "Too many", error.message);
    case Errc::unsupported:
    case Errc::conflict:
      return problem_response(kHttpConflict, "Nothing can happen", error.message);
    default: return problem_response(kHttpUnavailable, "Not done", error.message);
  }
}

HttpResponse no_enrolment() {
  return problem_response(kHttpConflict, "Nothing can happen", "this coordinator enrols nobody");
}

json::object token_json(const TokenRecord& token) {
  json::object object{{"id", token.id},
                      {"node", text_or_null(token.node)},
                      {"created_by", token.created_by},
                      {"used_by", text_or_null(token.used_by)}};
  put_time(object, "created_at", token.created_at);
  put_time(object, "expires_at", token.expires_at);
  return object;
}

/// The body of POST tokens: "node" beside what may always be said.
Result<TokenWish> read_wish(std::string_view body) {
  TokenWish wish;
  boost::system::error_code error;
  auto parsed = json::parse(body, error);
  std::string rest(body);
  if (!error && parsed.is_object() && parsed.get_object().contains("node")) {
    const auto* node = parsed.get_object().at("node").if_string();
    if (node == nullptr || !is_node_name(std::string(*node))) {
      return fail(Errc::invalid, "\"node\" must be a node's name in lower case");
    }
    wish.node = std::string(*node);
    parsed.get_object().erase("node");
    rest = json::serialize(parsed);
  }
  auto asked = read_asked_body(rest);
  if (!asked) return std::unexpected(std::move(asked.error()));
  wish.by = std::move(asked->by);
  wish.valid_for = asked->valid_for.value_or(kTokenValid);
  if (wish.valid_for > kTokenValidMax) {
    return fail(Errc::invalid, "a token may be valid for 30 days at most");
  }
  return wish;
}

}  // namespace

json::value certificate_json(const ApiContext& context, const NodeName& node) {
  const auto* identity = context.enrolment ? context.enrolment->identity(node) : nullptr;
  if (identity == nullptr) return nullptr;
  json::object object{{"serial", nullptr}, {"revoked", false}, {"revocation", nullptr}};
  if (!identity->certificates.empty()) {
    const auto& newest = identity->certificates.back();
    object["serial"] = newest.serial;
    object["revoked"] = newest.revoked;
    put_time(object, "expires_at", newest.not_after);
  }
  if (identity->revocation) {
    json::object revocation{{"by", identity->revocation->by},
                            {"reason", identity->revocation->reason}};
    put_time(revocation, "at", identity->revocation->at);
    object["revocation"] = std::move(revocation);
  }
  return object;
}

HttpResponse get_tokens(const ApiContext& context, const ApiRequest&) {
  json::array tokens;
  if (context.enrolment != nullptr) {
    for (const auto& token : context.enrolment->tokens()) tokens.push_back(token_json(token));
  }
  json::object answer{{"tokens", std::move(tokens)}};
  put_time(answer, "at", context.fleet.now());
  return json_response(kHttpOk, json::serialize(answer));
}

asio::awaitable<HttpResponse> post_token(ApiContext context, ApiRequest request) {
  if (context.enrolment == nullptr) co_return no_enrolment();
  auto wish = read_wish(request.body);
  if (!wish) co_return problem(wish.error());
  const auto made = co_await context.enrolment->make_token(std::move(*wish));
  if (!made) co_return problem(made.error());
  auto answer = token_json(made->record);
  answer["token"] = made->token;
  answer["coordinator"] = made->coordinator;
  answer["ca_hash"] = made->ca_hash;
  answer["command"] = "ecokube-agent enroll --coordinator " + made->coordinator + " --token " +
                      made->token + " --ca-hash " + made->ca_hash;
  co_return json_response(kHttpCreated, json::serialize(answer));
}

asio::awaitable<HttpResponse> delete_token(ApiContext context, ApiRequest request) {
  if (context.enrolment == nullptr) co_return no_enrolment();
  const auto deleted = co_await context.enrolment->delete_token(request.token);
  if (!deleted) co_return problem(deleted.error());
  const json::object answer{{"deleted", request.token}};
  co_return json_response(kHttpOk, json::serialize(answer));
}

asio::awaitable<HttpResponse> post_revoke(ApiContext context, ApiRequest request) {
  if (context.enrolment == nullptr) co_return no_enrolment();
  // A slip of the pen must not be told as done.
  if (context.enrolment->identity(request.node) == nullptr &&
      !context.fleet.world().nodes.contains(request.node)) {
    co_return unknown_node(context, request.node);
  }
  auto body = read_asked_body(request.body);
  if (!body) co_return problem_response(kHttpBadRequest, "Bad request body", body.error().message);
  const auto done = co_await context.enrolment->revoke(request.node, std::move(body->by),
                                                       std::move(body->reason));
  if (!done) co_return problem(done.error());
  json::object answer{{"node", request.node}, {"by", done->by}, {"reason", done->reason}};
  put_time(answer, "revoked_at", done->at);
  co_return json_response(kHttpOk, json::serialize(answer));
}

}  // namespace ecokube
