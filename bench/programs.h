#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/child_process.h"
#include "common/error.h"

namespace ecokube::bench {

/// The programs of a run, each with a log of its own in `folder`. They die with it.
class Programs {
 public:
  Programs(boost::asio::any_io_executor executor, std::filesystem::path folder)
      : executor_(std::move(executor)), folder_(std::move(folder)) {}

  /// `argv[0]` is the program's path; its file name is its name here.
  [[nodiscard]] Result<void> start(std::vector<std::string> argv);
  /// The same under another name, and with what is added to the environment.
  [[nodiscard]] Result<void> start(const std::string& name, std::vector<std::string> argv,
                                   std::vector<std::pair<std::string, std::string>> environment);
  /// Errc::io names one that ended, and its log.
  [[nodiscard]] Result<void> runs(const std::string& name);
  [[nodiscard]] Result<void> all_run();
  /// Kills it and forgets it.
  void drop(const std::string& name) { started_.erase(name); }
  [[nodiscard]] int pid(const std::string& name) const { return started_.at(name)->pid(); }
  /// SIGTERM, so that each ends its own children.
  [[nodiscard]] boost::asio::awaitable<void> end_all();

 private:
  [[nodiscard]] std::filesystem::path log(const std::string& name) const {
    return folder_ / (name + ".log");
  }

  boost::asio::any_io_executor executor_;
  std::filesystem::path folder_;
  std::map<std::string, std::unique_ptr<ChildProcess>> started_;
};

}  // namespace ecokube::bench
