#pragma once

#include <map>
#include <string>
#include <vector>

namespace ecokube::core {

using Labels = std::map<std::string, std::string>;

/// metav1.LabelSelector. An empty one selects everything, as the API defines it.
struct Selector {
  struct Expression {
    std::string key;
    std::string op;  ///< In, NotIn, Exists, DoesNotExist; of nodes also Gt, Lt
    std::vector<std::string> values;
    bool operator==(const Expression&) const = default;
  };
  Labels match_labels;
  std::vector<Expression> expressions;
  bool operator==(const Selector&) const = default;
};

/// True when every pair of `selector` is in `labels`.
[[nodiscard]] bool matches(const Labels& selector, const Labels& labels);
[[nodiscard]] bool matches(const Selector& selector, const Labels& labels);
[[nodiscard]] bool matches(const Selector::Expression& expression, const Labels& labels);

}  // namespace ecokube::core
