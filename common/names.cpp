#include "common/names.h"

#include <algorithm>

namespace ecokube {

bool is_node_name(std::string_view text) {
  constexpr std::size_t kLengthMax = 253;
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > kLengthMax || !alnum(text.front()) || !alnum(text.back())) {
    return false;
  }
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return alnum(c) || c == '-' || c == '.'; });
}

}  // namespace ecokube
