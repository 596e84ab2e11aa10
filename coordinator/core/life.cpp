#include "coordinator/core/life.h"

namespace ecokube::core {

std::string life_id(const std::string& boot_id, std::uint32_t resumes) {
  return resumes == 0 ? boot_id : boot_id + "+" + std::to_string(resumes);
}

std::string_view boot_of(std::string_view life) { return life.substr(0, life.find('+')); }

bool same_boot(std::string_view one, std::string_view other) {
  return !one.empty() && boot_of(one) == boot_of(other);
}

}  // namespace ecokube::core
