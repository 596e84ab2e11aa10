#include "common/program.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <utility>

#include "common/log.h"

namespace ecokube {
namespace {

int complain(const std::string& program, const Error& error) {
  std::cerr << program << ": " << error.message << '\n';
  return error.code == Errc::config ? kExitWrongUse : kExitFailed;
}

}  // namespace

ProgramOption ProgramOption::required() const {
  option_->required();
  return *this;
}

ProgramOption ProgramOption::environment(const std::string& variable) const {
  option_->envname(variable);
  return *this;
}

ProgramOption ProgramOption::within(double lowest, double highest) const {
  option_->check(CLI::Range(lowest, highest).description(fmt::format("{}..{}", lowest, highest)));
  return *this;
}

ProgramOption ProgramOption::one_of(std::vector<std::string> words) const {
  option_->check(CLI::IsMember(std::move(words)));
  return *this;
}

Program::Program(std::string name, const std::string& version, const std::string& what_it_does)
    : name_(std::move(name)), app_(std::make_unique<CLI::App>(what_it_does, name_)) {
  app_->set_version_flag("--version", name_ + " " + version);
}

Program::~Program() = default;

template <class T>
ProgramOption Program::option(const std::string& name, T& value, const std::string& help) {
  return ProgramCommand(*app_).option(name, value, help);
}
template ProgramOption Program::option(const std::string&, std::string&, const std::string&);
template ProgramOption Program::option(const std::string&, std::filesystem::path&,
                                       const std::string&);
template ProgramOption Program::option(const std::string&, std::vector<std::string>&,
                                       const std::string&);
template ProgramOption Program::option(const std::string&, int&, const std::string&);
template ProgramOption Program::option(const std::string&, std::int64_t&, const std::string&);
template ProgramOption Program::option(const std::string&, std::size_t&, const std::string&);
template ProgramOption Program::option(const std::string&, double&, const std::string&);

template <class T>
ProgramOption ProgramCommand::option(const std::string& name, T& value, const std::string& help) {
  return ProgramOption(*app_->add_option(name, value, help)->capture_default_str());
}
template ProgramOption ProgramCommand::option(const std::string&, std::string&, const std::string&);
template ProgramOption ProgramCommand::option(const std::string&, std::filesystem::path&,
                                              const std::string&);
template ProgramOption ProgramCommand::option(const std::string&, double&, const std::string&);

void ProgramCommand::flag(const std::string& name, bool& value, const std::string& help) {
  app_->add_flag(name, value, help);
}

void Program::flag(const std::string& name, bool& value, const std::string& help) {
  app_->add_flag(name, value, help);
}

ProgramCommand Program::command(const std::string& name, const std::string& help,
                                std::function<Result<int>()> body) {
  auto* command = app_->add_subcommand(name, help);
  command->fallthrough();
  command->callback([this, body = std::move(body)] { command_ = body; });
  return ProgramCommand(*command);
}

ProgramOption Program::log_option() {
  log_level_ = "info";
  return option("--log-level", log_level_, "debug, info, warning or error");
}

int Program::run_body(int argc, char** argv, const std::function<Result<int>()>& body) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_->exit(error) == 0 ? 0 : kExitWrongUse;
  }
  try {
    if (!log_level_.empty()) {
      if (auto started = log::start(name_, log_level_); !started) {
        return complain(name_, started.error());
      }
    }
    auto done = command_ ? command_() : body();
    return done ? *done : complain(name_, done.error());
  } catch (const std::exception& error) {
    std::cerr << name_ << ": unforeseen error: " << error.what() << '\n';
    return kExitFailed;
  }
}

}  // namespace ecokube
