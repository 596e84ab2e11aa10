#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "common/error.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace ecokube {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongUse = 2;  ///< of the command line or the configuration

/// One option of a Program. Defaults are shown in --help by themselves.
class ProgramOption {
 public:
  explicit ProgramOption(CLI::Option& option) : option_(&option) {}
  ProgramOption required() const;
  ProgramOption environment(const std::string& variable) const;
  ProgramOption within(double lowest, double highest) const;
  ProgramOption one_of(std::vector<std::string> words) const;

 private:
  CLI::Option* option_;
};

/// One command of a Program that has several, with options of its own.
class ProgramCommand {
 public:
  explicit ProgramCommand(CLI::App& app) : app_(&app) {}
  template <class T>
  ProgramOption option(const std::string& name, T& value, const std::string& help);
  void flag(const std::string& name, bool& value, const std::string& help);

 private:
  CLI::App* app_;
};

/// The first and the last lines of every program: its options with --help and --version, and an
/// end with one clear sentence and an exit code. The parsing is CLI11's; its headers, which cost a
/// compiler five seconds, are included in program.cpp only.
class Program {
 public:
  Program(std::string name, const std::string& version, const std::string& what_it_does);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  /// "--name", or "NAME" for a positional one. `value` holds the default and takes what is given; T
  /// is std::string, std::filesystem::path, std::vector<std::string>, int, std::int64_t,
  /// std::size_t or double.
  template <class T>
  ProgramOption option(const std::string& name, T& value, const std::string& help);
  void flag(const std::string& name, bool& value, const std::string& help);
  /// "program NAME ...": run() runs `body` in place of its own when this command is given.
  ProgramCommand command(const std::string& name, const std::string& help,
                         std::function<Result<int>()> body);
  /// Adds --log-level, and has run() start the log. Without it the body starts its own.
  ProgramOption log_option();

  /// Reads the command line and runs `body`, which returns Result<void> or Result<int> (an exit
  /// code). Returns the exit code: 2 for wrong use and Errc::config, 1 for other failures.
  template <class Body>
  int run(int argc, char** argv, Body body) {
    if constexpr (std::is_same_v<decltype(body()), Result<void>>) {
      return run_body(argc, argv, [&]() -> Result<int> {
        auto done = body();
        if (!done) return std::unexpected(std::move(done.error()));
        return 0;
      });
    } else {
      return run_body(argc, argv, body);
    }
  }

 private:
  int run_body(int argc, char** argv, const std::function<Result<int>()>& body);

  std::string name_;
  std::string log_level_;  ///< empty: run() starts no log
  std::unique_ptr<CLI::App> app_;
  std::function<Result<int>()> command_;  ///< of the command that was given
};

}  // namespace ecokube
