#pragma once

#include <deque>
#include <string>
#include <vector>

#include "common/http_server.h"
#include "lab/kubernetes/api_answer.h"
#include "lab/kubernetes/selectors.h"
#include "lab/kubernetes/store.h"

namespace ecokube::lab {

/// GET of one object and of a collection, page by page.
class Reads {
 public:
  explicit Reads(const Store& store) : store_(store) {}

  [[nodiscard]] ApiResult<ApiAnswer> get(const ResourcePath& path) const;
  [[nodiscard]] ApiResult<ApiAnswer> list(const ResourcePath& path, const ParsedTarget& target);
  /// Pages not yet fetched are forgotten with the changes: their tokens are answered with 410.
  void compact() { open_pages_.clear(); }

 private:
  /// What a continue token stands for: the rest of a list as it was at its first page.
  struct OpenPages {
    std::string token;
    std::uint64_t revision;
    std::vector<ObjectPtr> rest;
  };
  [[nodiscard]] ApiResult<OpenPages> begin_list(const ResourcePath& path,
                                                const ParsedTarget& target) const;
  [[nodiscard]] ApiResult<OpenPages> take_pages(const std::string& token);

  const Store& store_;
  std::deque<OpenPages> open_pages_;
  std::uint64_t tokens_made_ = 0;
};

/// A decimal revision; nullopt when it is none.
[[nodiscard]] std::optional<std::uint64_t> parse_revision(std::string_view text);

}  // namespace ecokube::lab
