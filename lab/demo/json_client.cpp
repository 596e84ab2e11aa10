#include "lab/demo/json_client.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "common/http_status.h"

namespace ecokube::lab {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int kFirstFailure = 300;
constexpr std::size_t kShownMax = 300;

Errc code_of(int status) {
  if (status == kHttpNotFound) return Errc::not_found;
  return status == kHttpConflict ? Errc::conflict : Errc::refused;
}

}  // namespace

JsonClient::JsonClient(asio::any_io_executor executor, HttpEndpoint endpoint, std::string token)
    : where_(endpoint.text()),
      token_(std::move(token)),
      http_(make_http_client(std::move(executor), std::move(endpoint))) {}

asio::awaitable<Result<json::value>> JsonClient::call(std::string method, std::string target,
                                                      json::value body) {
  HttpRequest request{.method = method, .target = target, .headers = {}, .body = {}};
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  if (!body.is_null()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = json::serialize(body);
  }
  auto response = co_await http_->request(std::move(request));
  const std::string what = fmt::format("{} {}{}", method, where_, target);
  if (!response) co_return fail_while(what, response.error());
  if (response->status >= kFirstFailure) {
    co_return fail(code_of(response->status), fmt::format("{}: {} {}", what, response->status,
                                                          response->body.substr(0, kShownMax)));
  }
  json::error_code error;
  json::value answer = json::parse(response->body, error);
  if (error) co_return fail(Errc::protocol, what + ": the answer is no JSON");
  co_return answer;
}

asio::awaitable<Result<json::value>> JsonClient::get(std::string target) {
  json::value none;
  co_return co_await call("GET", std::move(target), std::move(none));
}

}  // namespace ecokube::lab
