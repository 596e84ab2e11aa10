#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

struct BenchEnd {
  std::optional<int> status;  ///< nullopt: it did not start, or not end in time
  std::string output;
};

/// Runs a benchmark, with the programs beside it, in `dir`, where it leaves figures.json.
inline BenchEnd run_bench(const TempDir& dir, const std::filesystem::path& program,
                          const std::vector<std::string>& arguments, std::chrono::minutes limit) {
  const auto bin = program.parent_path().string();
  const std::string figures = dir / "figures.json";
  ChildOptions child;
  child.argv = {program.string(), "--bin", bin, "--dir", dir / "run", "--out", figures};
  child.argv.insert(child.argv.end(), arguments.begin(), arguments.end());
  child.output_file = dir / "output";
  child.die_with_parent = true;
  boost::asio::io_context io(1);
  auto started = start_child(io.get_executor(), child);
  if (!started) return {std::nullopt, started.error().message};
  const auto status = run(io, (*started)->wait(limit), limit + kRunLimit);
  return {status, read_text(child.output_file)};
}

}  // namespace ecokube::test
