#include "coordinator/kubernetes/watch_events.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "common/http_status.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

constexpr std::size_t kLineBytesMax = 16UL * 1024 * 1024;

Error from_status(const boost::json::object& status) {
  const auto code = find_int(status, {"code"}, 0);
  const auto kind = code == kHttpGone ? Errc::gone : Errc::unreachable;
  return Error{kind, fmt::format("the watch was ended with code {}: {}", code,
                                 find_text(status, {"message"}))};
}

}  // namespace

Result<void> WatchDecoder::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      if (partial_.size() + bytes.size() > kLineBytesMax) {
        return fail(Errc::too_large, "a watch event above the size limit");
      }
      partial_.append(bytes);
      return {};
    }
    Result<void> taken;
    if (partial_.empty()) {
      taken = take(bytes.substr(0, end));
    } else {
      partial_.append(bytes.substr(0, end));
      taken = take(partial_);
      partial_.clear();
    }
    if (!taken) return taken;
    bytes.remove_prefix(end + 1);
  }
  return {};
}

Result<void> WatchDecoder::take(std::string_view line) {
  if (line.find_first_not_of(" \r\t") == std::string_view::npos) return {};
  boost::system::error_code broken;
  const auto event = boost::json::parse(line, broken);
  if (broken || !event.is_object()) return fail(Errc::protocol, "a watch event is no JSON object");
  const auto& fields = event.get_object();
  const auto type = find_text(fields, {"type"});
  const auto& thing = find_object(fields, {"object"});
  if (type == "ERROR") return std::unexpected(from_status(thing));
  const auto revision = revision_of(thing);
  if (revision <= 0) return fail(Errc::protocol, "a watch event without a resourceVersion");
  if (type == "BOOKMARK") {
    sink_.bookmark(revision);
  } else if (type == "ADDED") {
    sink_.changed(ChangeType::added, thing);
  } else if (type == "MODIFIED") {
    sink_.changed(ChangeType::modified, thing);
  } else if (type == "DELETED") {
    sink_.changed(ChangeType::deleted, thing);
  } else {
    return fail(Errc::protocol, fmt::format("a watch event of unknown type '{}'", type));
  }
  revision_ = revision;
  ++events_;
  return {};
}

}  // namespace ecokube::kubernetes
