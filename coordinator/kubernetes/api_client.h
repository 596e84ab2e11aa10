#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/http_client.h"
#include "coordinator/kubernetes/kubeconfig.h"
#include "coordinator/kubernetes/rotation.h"

namespace ecokube::kubernetes {

struct ApiLimits {
  std::int64_t requests_per_s = 50;
  std::int64_t burst = 100;
  std::int64_t waiting_max = 1000;  ///< requests waiting for their turn; more are Errc::busy
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds response_timeout{15000};
  /// A watch that is silent for so long is torn down. Servers send a bookmark about each minute.
  std::chrono::milliseconds watch_silence{75000};
};

/// JSON requests to one API server with our token or certificate, at a bounded rate. What is
/// replaced on disk of these is used from the next request on, and running watches end then.
/// Answers from 300 are errors that name the request and repeat the server's message; Retry-After
/// holds all requests back. A 429 by a PodDisruptionBudget is Errc::refused, one of the server
/// itself Errc::busy.
class ApiClient {
 public:
  using Json = boost::json::value;
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  /// Errc::config when the certificates of `access` can't be used.
  [[nodiscard]] static Result<std::shared_ptr<ApiClient>> make(
      boost::asio::any_io_executor executor, Access access, ApiLimits limits = {});
  ApiClient(boost::asio::any_io_executor executor, Access access, ApiLimits limits, TlsContext tls);

  // `target` is a path below the server's root with its query, percent-encoded.
  [[nodiscard]] Awaitable<Result<Json>> get(std::string target);
  [[nodiscard]] Awaitable<Result<Json>> create(std::string target, Json body);
  [[nodiscard]] Awaitable<Result<Json>> replace(std::string target, Json body);
  [[nodiscard]] Awaitable<Result<Json>> merge_patch(std::string target, Json patch);
  /// Lists that have a merge key in the API, such as conditions, are merged by it.
  [[nodiscard]] Awaitable<Result<Json>> strategic_patch(std::string target, Json patch);
  /// `options` is a DeleteOptions object, or null.
  [[nodiscard]] Awaitable<Result<Json>> remove(std::string target, Json options);
  /// Until the server ends it (success), `on_bytes` returns false (success), or an error.
  [[nodiscard]] Awaitable<Result<void>> watch(std::string target, HttpClient::OnBytes on_bytes);

  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  [[nodiscard]] const Access& access() const { return access_; }
  [[nodiscard]] const ApiLimits& limits() const { return limits_; }
  /// "https://host:port"
  [[nodiscard]] const std::string& server() const { return server_; }

 private:
  [[nodiscard]] Awaitable<Result<Json>> send(std::string method, std::string target,
                                             std::string body, std::string content_type);
  [[nodiscard]] Awaitable<Result<void>> wait_for_turn();
  [[nodiscard]] HttpRequest prepare(std::string method, const std::string& target);
  [[nodiscard]] std::string bearer_token();
  /// Takes over certificates, keys and tokens that were replaced on disk.
  void rotate();
  /// What an answer from 300 means; notes a Retry-After.
  [[nodiscard]] Error explain(const std::string& what, const HttpResponse& response);

  boost::asio::any_io_executor executor_;
  Access access_;
  Rotation rotation_;
  ApiLimits limits_;
  std::string server_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<HttpClient> watch_http_;
  std::uint64_t requests_ = 0;
  std::int64_t waiting_ = 0;
  std::chrono::steady_clock::time_point next_turn_{};
  std::chrono::steady_clock::time_point not_before_{};
  std::optional<std::filesystem::file_time_type> token_read_at_;
  std::string token_;
};

}  // namespace ecokube::kubernetes
