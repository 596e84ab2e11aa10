#include "common/program.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ecokube {
namespace {

/// What a shell would see of one run.
struct Seen {
  int exit_code;
  std::string out, err;
};

struct Options {
  std::string name;
  int count = 3;
  bool loud = false;
};

template <class Body>
Seen run(std::vector<std::string> words, Options& options, Body body) {
  words.insert(words.begin(), "greet");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Program program("greet", "1.2.3", "Says hello.");
  program.option("--name", options.name, "Whom").required();
  program.option("--count", options.count, "How often").within(1, 9);
  program.flag("--loud", options.loud, "In capitals");
  const int code = program.run(static_cast<int>(argv.size()), argv.data(), body);
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Program, ReadsItsOptionsAndGivesTheBodysExitCode) {
  Options options;
  const auto seen = run({"--name", "Ada", "--loud"}, options, [&]() -> Result<int> { return 7; });
  EXPECT_EQ(seen.exit_code, 7);
  EXPECT_EQ(options.name, "Ada");
  EXPECT_EQ(options.count, 3);
  EXPECT_TRUE(options.loud);
}

TEST(Program, HelpShowsDefaultsAndVersionTheName) {
  Options options;
  const auto never = []() -> Result<void> { throw std::logic_error("the body ran"); };
  const auto help = run({"--help"}, options, never);
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_TRUE(contains(help.out, "Says hello.")) << help.out;
  EXPECT_TRUE(contains(help.out, "How often")) << help.out;
  EXPECT_TRUE(contains(help.out, "INT:1..9=3")) << help.out;
  const auto version = run({"--version"}, options, never);
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "greet 1.2.3\n");
}

TEST(Program, ACommandRunsInPlaceOfTheBody) {
  std::string config, word;
  bool loud = false;
  const auto run_with = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "greet");
    std::vector<char*> argv;
    for (auto& one : words) argv.push_back(one.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Program program("greet", "1.2.3", "Says hello.");
    program.option("--config", config, "The file");
    auto command = program.command("say", "Says a word", []() -> Result<int> { return 5; });
    command.option("--word", word, "Which");
    command.flag("--loud", loud, "In capitals");
    const int code =
        program.run(static_cast<int>(argv.size()), argv.data(), []() -> Result<int> { return 7; });
    (void)testing::internal::GetCapturedStdout();
    (void)testing::internal::GetCapturedStderr();
    return code;
  };
  EXPECT_EQ(run_with({"--config", "a"}), 7);
  EXPECT_EQ(run_with({"say", "--word", "hello", "--loud", "--config", "b"}), 5);
  EXPECT_EQ(config, "b") << "the program's own options are there too";
  EXPECT_EQ(word, "hello");
  EXPECT_TRUE(loud);
  EXPECT_EQ(run_with({"--config", "c", "say"}), 5);
  EXPECT_EQ(config, "c");
  EXPECT_EQ(run_with({"sing"}), kExitWrongUse);
}

TEST(Program, WrongUseIsSaidAndNothingRuns) {
  Options options;
  const auto never = []() -> Result<void> { throw std::logic_error("the body ran"); };
  for (const auto& words : std::vector<std::vector<std::string>>{
           {}, {"--name"}, {"--name", "a", "--count", "10"}, {"--name", "a", "--quiet"}}) {
    const auto seen = run(words, options, never);
    EXPECT_EQ(seen.exit_code, kExitWrongUse);
    EXPECT_FALSE(seen.err.empty());
    EXPECT_FALSE(contains(seen.err, "the body ran"));
  }
}

TEST(Program, AFailureIsOneSentenceWithTheProgramsName) {
  Options options;
  const auto config = [] { return Result<void>(fail(Errc::config, "a.toml:1: no")); };
  const auto wrong = run({"--name", "a"}, options, config);
  EXPECT_EQ(wrong.exit_code, kExitWrongUse);
  EXPECT_EQ(wrong.err, "greet: a.toml:1: no\n");
  const auto broken = [] { return Result<void>(fail(Errc::io, "disk full")); };
  EXPECT_EQ(run({"--name", "a"}, options, broken).exit_code, kExitFailed);
}

TEST(Program, AnExceptionEndsItInOrder) {
  Options options;
  const auto body = []() -> Result<void> { throw std::runtime_error("boom"); };
  const auto seen = run({"--name", "a"}, options, body);
  EXPECT_EQ(seen.exit_code, kExitFailed);
  EXPECT_EQ(seen.err, "greet: unforeseen error: boom\n");
}

}  // namespace
}  // namespace ecokube
