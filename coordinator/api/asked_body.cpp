#include "coordinator/api/asked_body.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "common/one_line.h"

namespace ecokube {
namespace {

namespace json = boost::json;

constexpr std::size_t kByBytesMax = 100;
constexpr std::size_t kReasonBytesMax = 500;
constexpr std::int64_t kForMax_s = 366LL * 24 * 3600;

/// A string that goes into logs and annotations: bounded, one line.
Result<std::string> line(const json::object& from, std::string_view key, std::size_t bytes_max) {
  const auto* value = from.if_contains(key);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return fail(Errc::invalid, fmt::format("\"{}\" must be a string", key));
  const std::string text(value->get_string());
  if (text.size() > bytes_max) {
    return fail(Errc::invalid, fmt::format("\"{}\" is longer than {} bytes", key, bytes_max));
  }
  if (!is_one_line(text)) {
    return fail(Errc::invalid, fmt::format("\"{}\" must be one line of text", key));
  }
  return text;
}

Result<std::optional<Duration>> valid_for(const json::object& from) {
  const auto* value = from.if_contains("for_s");
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto* seconds = value->if_int64();
  if (seconds == nullptr || *seconds < 1 || *seconds > kForMax_s) {
    return fail(Errc::invalid,
                fmt::format("\"for_s\" must be whole seconds from 1 to {}", kForMax_s));
  }
  return std::chrono::seconds(*seconds);
}

}  // namespace

Result<AskedBody> read_asked_body(std::string_view body) {
  AskedBody asked;
  if (body.empty()) return asked;
  boost::system::error_code error;
  const auto parsed = json::parse(body, error);
  if (error || !parsed.is_object()) {
    return fail(Errc::invalid, R"(the body must be a JSON object, e.g. {"reason": "disk swap"})");
  }
  const auto& object = parsed.get_object();
  for (const auto& [key, value] : object) {
    if (key != "reason" && key != "for_s" && key != "by") {
      return fail(Errc::invalid, fmt::format("\"{}\" is not known here; reason, for_s and by are",
                                             std::string_view(key)));
    }
  }
  auto by = line(object, "by", kByBytesMax);
  if (!by) return std::unexpected(by.error());
  if (!by->empty()) asked.by = std::move(*by);
  auto reason = line(object, "reason", kReasonBytesMax);
  if (!reason) return std::unexpected(reason.error());
  asked.reason = std::move(*reason);
  auto stay = valid_for(object);
  if (!stay) return std::unexpected(stay.error());
  asked.valid_for = *stay;
  return asked;
}

}  // namespace ecokube
