#pragma once

#include <boost/json/object.hpp>
#include <cstddef>

namespace ecokube::bench {

/// The machine that figures were taken on: cores, memory_kb, kernel, cpu_model.
[[nodiscard]] boost::json::object machine_facts();

/// Processes on the machine now, as /proc lists them.
[[nodiscard]] std::size_t count_processes();

}  // namespace ecokube::bench
