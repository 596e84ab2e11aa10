#include "common/interface_name.h"

#include <net/if.h>

#include <algorithm>

namespace ecokube {

bool is_interface_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() < IFNAMSIZ && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), plain);
}

}  // namespace ecokube
