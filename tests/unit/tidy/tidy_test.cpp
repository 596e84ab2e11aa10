// Reads the sources for the rules that a compiler does not keep.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLineMax = 100;
constexpr std::size_t kFunctionLinesMax = 70;
constexpr std::size_t kFileLinesMax = 340;

struct Source {
  std::string path;
  std::vector<std::string> lines;
};

Source read(const fs::path& file) {
  Source source{fs::relative(file, ECOKUBE_SOURCES).string(), {}};
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) source.lines.push_back(line);
  return source;
}

std::vector<Source> sources(const std::vector<std::string>& folders) {
  std::vector<Source> found;
  for (const auto& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(ECOKUBE_SOURCES) / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp") found.push_back(read(entry.path()));
    }
  }
  return found;
}

const std::vector<std::string> kAll = {"common", "coordinator", "node-agent", "cli",
                                       "lab",    "examples",    "bench",      "tests"};

/// Characters, not bytes: a continuation byte of UTF-8 is no character.
std::size_t length_of(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

bool opens_function(const std::string& line) {
  static const std::regex kNoFunction(
      R"(^\s*(namespace|class|struct|enum|union|extern|using|constexpr .*=|const .*=).*)");
  return line.ends_with("{") && line.find('(') != std::string::npos &&
         !std::regex_match(line, kNoFunction);
}

/// The longest run from a line that opens a function at this indentation to its closing brace.
void expect_short_functions(const Source& source, const std::string& indent) {
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    const auto& line = source.lines[i];
    const bool here = line.starts_with(indent) && line.size() > indent.size() &&
                      line[indent.size()] != ' ' && line[indent.size()] != '}';
    if (!here || !opens_function(line)) continue;
    const auto end = std::find_if(
        source.lines.begin() + static_cast<std::ptrdiff_t>(i), source.lines.end(),
        [&](const std::string& candidate) { return candidate.starts_with(indent + "}"); });
    const auto length = static_cast<std::size_t>(end - source.lines.begin()) - i + 1;
    EXPECT_LE(length, kFunctionLinesMax) << source.path << ":" << i + 1;
  }
}

TEST(Tidy, LinesFunctionsAndFilesAreShort) {
  for (const auto& source : sources(kAll)) {
    EXPECT_LE(source.lines.size(), kFileLinesMax) << source.path;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      EXPECT_LE(length_of(source.lines[i]), kLineMax) << source.path << ":" << i + 1;
    }
    expect_short_functions(source, "");
    expect_short_functions(source, "  ");
  }
}

TEST(Tidy, TheCoreIsPure) {
  const std::array banned = {"system_clock", "steady_clock", "random_device", "<thread>",
                             "<filesystem>", "<fstream>",    "<iostream>",    "<mutex>",
                             "spdlog",       "boost/",       "double ",       "float "};
  const std::regex include("#include \"([^\"]+)\"");
  const std::vector<std::string> values = {
      "common/backoff.h",     "common/error.h", "common/ipv4_subnet.h",
      "common/mac_address.h", "common/names.h", "common/policy_clock.h",
      "common/span_text.h",   "common/units.h", "common/validity.h"};
  for (const auto& source : sources({"coordinator/core"})) {
    for (const auto& line : source.lines) {
      for (const auto* word : banned) {
        EXPECT_EQ(line.find(word), std::string::npos) << source.path << ": " << line;
      }
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      const auto header = match[1].str();
      const bool allowed = header.starts_with("coordinator/core/") ||
                           std::find(values.begin(), values.end(), header) != values.end();
      EXPECT_TRUE(allowed) << source.path << " includes " << header;
    }
  }
}

TEST(Tidy, NothingInTheProductsKnowsTheLab) {
  for (const auto& source : sources({"common", "coordinator", "node-agent", "cli", "examples"})) {
    for (const auto& line : source.lines) {
      EXPECT_EQ(line.find("#include \"lab/"), std::string::npos) << source.path << ": " << line;
      EXPECT_EQ(line.find("ECOKUBE_LAB"), std::string::npos) << source.path << ": " << line;
    }
  }
}

TEST(Tidy, AdaptersDoNotKnowEachOther) {
  const std::vector<std::string> adapters = {"kubernetes", "kafka", "power",
                                             "agents",     "store", "enrolment"};
  for (const auto& adapter : adapters) {
    for (const auto& source : sources({"coordinator/" + adapter})) {
      for (const auto& other : adapters) {
        if (other == adapter) continue;
        for (const auto& line : source.lines) {
          EXPECT_EQ(line.find("#include \"coordinator/" + other + "/"), std::string::npos)
              << source.path << ": " << line;
        }
      }
    }
  }
}

TEST(Tidy, NoTestSleepsToSynchronise) {
  const std::array banned = {std::string("sleep_") + "for(", std::string("sleep_") + "until(",
                             std::string("::u") + "sleep("};
  for (const auto& source : sources({"tests"})) {
    for (const auto& line : source.lines) {
      for (const auto& word : banned) {
        EXPECT_EQ(line.find(word), std::string::npos) << source.path << ": " << line;
      }
    }
  }
}

}  // namespace
