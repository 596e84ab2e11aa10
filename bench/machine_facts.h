#pragma once

#include <boost/json/object.hpp>

namespace ecokube::bench {

/// The machine that figures were taken on: cores, memory_kb, kernel, cpu_model.
[[nodiscard]] boost::json::object machine_facts();

}  // namespace ecokube::bench
