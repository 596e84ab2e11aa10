#include "bench/process_cost.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace ecokube::bench {

namespace fs = std::filesystem;

namespace {

/// The number behind "name:" in a file of such lines; 0 where it has no such line.
std::int64_t line_of(const fs::path& file, std::string_view name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':') {
      return std::strtoll(line.c_str() + name.size() + 1, nullptr, 10);
    }
  }
  return 0;
}

}  // namespace

Result<MemoryCost> memory_cost(int pid) {
  const fs::path file = fmt::format("/proc/{}/smaps_rollup", pid);
  MemoryCost cost;
  cost.private_kb = line_of(file, "Private_Clean") + line_of(file, "Private_Dirty");
  cost.pss_kb = line_of(file, "Pss");
  cost.rss_kb = line_of(file, "Rss");
  if (cost.rss_kb == 0) return fail(Errc::io, file.string() + " says nothing: has it ended?");
  return cost;
}

Result<WorkCost> work_cost(int pid) {
  WorkCost cost;
  std::error_code error;
  const fs::path tasks = fmt::format("/proc/{}/task", pid);
  for (const auto& task : fs::directory_iterator(tasks, error)) {
    std::ifstream in(task.path() / "schedstat");
    std::int64_t ran_ns = 0;
    if (!(in >> ran_ns)) continue;
    cost.cpu += std::chrono::nanoseconds(ran_ns);
    cost.wakeups += line_of(task.path() / "status", "voluntary_ctxt_switches");
    ++cost.threads;
  }
  if (cost.threads == 0) return fail(Errc::io, tasks.string() + " has no thread: has it ended?");
  return cost;
}

}  // namespace ecokube::bench
