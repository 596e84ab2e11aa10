#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/error.h"
#include "lab/demo/lab_layout.h"

namespace ecokube::lab {

/// The programs that the demo starts itself, each with a log of its own; ended in reverse order.
class LabProcesses {
 public:
  LabProcesses(boost::asio::any_io_executor executor, const LabLayout& lab)
      : executor_(std::move(executor)), lab_(lab) {}

  /// `argv[0]` is the program's name in the programs' folder.
  [[nodiscard]] Result<void> start(const std::string& name, std::vector<std::string> argv);
  /// kill -9, then the same program anew.
  [[nodiscard]] Result<void> kill_and_restart(const std::string& name);
  /// Runs a program to its end; an error with its output when it fails.
  [[nodiscard]] boost::asio::awaitable<Result<void>> run(std::string name,
                                                         std::vector<std::string> argv,
                                                         std::chrono::milliseconds limit);
  /// A sentence about one that ended by itself, with the last lines of its log.
  [[nodiscard]] std::optional<std::string> dead();
  [[nodiscard]] boost::asio::awaitable<void> end_all();

 private:
  struct Started {
    std::string name;
    std::vector<std::string> argv;
    std::unique_ptr<ChildProcess> process;
  };
  [[nodiscard]] Result<std::unique_ptr<ChildProcess>> start_one(const std::string& name,
                                                                std::vector<std::string> argv);
  [[nodiscard]] std::string log_end(const std::string& name) const;

  boost::asio::any_io_executor executor_;
  const LabLayout& lab_;
  std::vector<Started> started_;
};

/// The last lines of a log, indented, to show with an error.
[[nodiscard]] std::string last_lines(const std::filesystem::path& file);

}  // namespace ecokube::lab
