#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lab/kubernetes/api_answer.h"

namespace ecokube::lab {

/// fieldSelector and labelSelector of one request.
class Selectors {
 public:
  /// Unsupported fields and broken syntax are a 400, as the API server has it.
  [[nodiscard]] static ApiResult<Selectors> parse(const ResourcePath& path,
                                                  std::string_view field_selector,
                                                  std::string_view label_selector);

  [[nodiscard]] bool matches(const json::object& object) const;
  [[nodiscard]] bool empty() const { return fields_.empty() && labels_.empty(); }

 private:
  struct FieldTerm {
    std::string field;
    std::string value;
    bool equal;
  };
  struct LabelTerm {
    enum class Operator { in, not_in, exists, not_exists } op;
    std::string key;
    std::set<std::string> values;
  };
  static ApiResult<LabelTerm> parse_label_term(std::string_view text);

  std::vector<FieldTerm> fields_;
  std::vector<LabelTerm> labels_;
};

}  // namespace ecokube::lab
