#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>

#include "common/error.h"
#include "common/http_client.h"

namespace ecokube::lab {

/// JSON over HTTP: the API server as a person with kubectl sees it, and the coordinator's REST API.
class JsonClient {
 public:
  JsonClient(boost::asio::any_io_executor executor, HttpEndpoint endpoint, std::string token = {});

  /// An answer of 300 and above is an error with the server's words. A null body sends none.
  [[nodiscard]] boost::asio::awaitable<Result<boost::json::value>> call(std::string method,
                                                                        std::string target,
                                                                        boost::json::value body);
  [[nodiscard]] boost::asio::awaitable<Result<boost::json::value>> get(std::string target);

 private:
  std::string where_;
  std::string token_;
  std::unique_ptr<HttpClient> http_;
};

}  // namespace ecokube::lab
