#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lab/kubernetes/resource_path.h"

namespace ecokube::lab {

/// What the API server says no with: becomes a Status object.
struct ApiFailure {
  int code;
  std::string reason;  ///< "NotFound", "Conflict", ...
  std::string message;
  json::object details = {};
};

template <class T>
using ApiResult = std::expected<T, ApiFailure>;

/// An answer with a body.
struct ApiAnswer {
  int code = 200;
  json::object body;
};

[[nodiscard]] std::unexpected<ApiFailure> refuse(int code, std::string_view reason,
                                                 std::string message);
[[nodiscard]] std::unexpected<ApiFailure> bad_request(std::string message);
[[nodiscard]] std::unexpected<ApiFailure> not_found(const ResourcePath& path);
[[nodiscard]] std::unexpected<ApiFailure> already_exists(const ResourcePath& path,
                                                         std::string_view name);
[[nodiscard]] std::unexpected<ApiFailure> conflict(const ResourcePath& path, std::string_view why);
[[nodiscard]] std::unexpected<ApiFailure> invalid(const ResourcePath& path, std::string_view name,
                                                  std::string_view why);
/// 410: the revision asked for has been forgotten.
[[nodiscard]] std::unexpected<ApiFailure> expired(std::uint64_t asked, std::uint64_t oldest);

[[nodiscard]] json::object status_object(const ApiFailure& failure);
/// "status": "Success" about one object.
[[nodiscard]] json::object success_object(const ResourcePath& path, std::string_view uid);

}  // namespace ecokube::lab
