#include "lab/kubernetes/reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/http_status.h"
#include "lab/kubernetes/object_rules.h"

namespace ecokube::lab {
namespace {

constexpr std::size_t kOpenPagesMax = 64;
constexpr int kGatewayTimeout = 504;

/// 504 as the API server says it; clients retry.
std::unexpected<ApiFailure> too_new(std::uint64_t asked, std::uint64_t present) {
  ApiFailure failure{kGatewayTimeout, "Timeout",
                     fmt::format("Too large resource version: {}, current: {}", asked, present)};
  failure.details["causes"] = json::array{json::object{{"reason", "ResourceVersionTooLarge"},
                                                       {"message", "Too large resource version"}}};
  failure.details["retryAfterSeconds"] = 1;
  return std::unexpected(std::move(failure));
}

}  // namespace

std::optional<std::uint64_t> parse_revision(std::string_view text) {
  std::uint64_t revision = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return revision;
}

ApiResult<ApiAnswer> Reads::get(const ResourcePath& path) const {
  const auto found = store_.get(key_of(path));
  if (!found) return not_found(path);
  return ApiAnswer{200, *found};
}

ApiResult<Reads::OpenPages> Reads::take_pages(const std::string& token) {
  const auto found = std::ranges::find(open_pages_, token, &OpenPages::token);
  if (found == open_pages_.end()) {
    return refuse(kHttpGone, "Expired",
                  "The provided continue parameter is too old to display a consistent list result");
  }
  OpenPages pages = std::move(*found);
  open_pages_.erase(found);
  return pages;
}

ApiResult<Reads::OpenPages> Reads::begin_list(const ResourcePath& path,
                                              const ParsedTarget& target) const {
  const std::string_view match = target.query_value("resourceVersionMatch");
  const std::string_view text = target.query_value("resourceVersion");
  if (!match.empty() && text.empty()) {
    return refuse(kHttpInvalid, "Invalid",
                  "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
                  "resourceVersion is provided");
  }
  if (!match.empty() && match != "NotOlderThan" && match != "Exact") {
    return refuse(kHttpInvalid, "Invalid",
                  fmt::format("resourceVersionMatch: Unsupported value: \"{}\"", match));
  }
  const auto asked = parse_revision(text.empty() ? "0" : text);
  if (!asked) return bad_request(fmt::format("Invalid value: \"{}\": resourceVersion", text));
  if (*asked > store_.revision()) return too_new(*asked, store_.revision());
  if (match == "Exact" && *asked != store_.revision()) {
    return expired(*asked, store_.revision());  // this store keeps the present only
  }
  const auto selectors = Selectors::parse(path, target.query_value("fieldSelector"),
                                          target.query_value("labelSelector"));
  if (!selectors) return std::unexpected(selectors.error());
  OpenPages pages{.token = {}, .revision = store_.revision(), .rest = {}};
  for (auto& object : store_.list(path.collection(), path.name_space)) {
    if (selectors->matches(*object)) pages.rest.push_back(std::move(object));
  }
  return pages;
}

ApiResult<ApiAnswer> Reads::list(const ResourcePath& path, const ParsedTarget& target) {
  const std::string token(target.query_value("continue"));
  auto pages = token.empty() ? begin_list(path, target) : take_pages(token);
  if (!pages) return std::unexpected(std::move(pages.error()));
  const std::string_view limit_text = target.query_value("limit");
  const auto limit = parse_revision(limit_text.empty() ? "0" : limit_text);
  if (!limit) return bad_request(fmt::format("limit is no number: '{}'", limit_text));
  const std::size_t count =
      *limit == 0 ? pages->rest.size() : std::min<std::size_t>(*limit, pages->rest.size());
  // Of a kind we do not know, the stored objects know the spelling.
  std::string kind = kind_of(path);
  if (!is_known(path) && !pages->rest.empty()) kind = text_field(*pages->rest[0], {"kind"});
  json::array items;
  for (std::size_t i = 0; i < count; ++i) {
    json::object item = *pages->rest[i];
    item.erase("kind");  // a typed list says it once
    item.erase("apiVersion");
    items.emplace_back(std::move(item));
  }
  json::object metadata{{"resourceVersion", std::to_string(pages->revision)}};
  pages->rest.erase(pages->rest.begin(), pages->rest.begin() + static_cast<std::ptrdiff_t>(count));
  if (!pages->rest.empty()) {
    pages->token = fmt::format("page-{}-{}", pages->revision, ++tokens_made_);
    metadata["continue"] = pages->token;
    metadata["remainingItemCount"] = pages->rest.size();
    if (open_pages_.size() >= kOpenPagesMax) open_pages_.pop_front();
    open_pages_.push_back(*std::move(pages));
  }
  return ApiAnswer{200,
                   {{"kind", kind + "List"},
                    {"apiVersion", path.api_version()},
                    {"metadata", std::move(metadata)},
                    {"items", std::move(items)}}};
}

}  // namespace ecokube::lab
