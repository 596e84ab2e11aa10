#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/policy_clock.h"

namespace ecokube {

namespace detail {
struct ConfigDocument;
}

/// One table of a TOML file, read key by key. Reading a key marks it as known; what was never read
/// is reported as unknown by ConfigFile::finish(). Wrong types and values are collected with file,
/// line and key, so that a user sees all mistakes at once, never only the first.
class ConfigTable {
 public:
  [[nodiscard]] std::string text(std::string_view key, std::string fallback);
  [[nodiscard]] std::string required_text(std::string_view key);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view key);
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                     std::int64_t max);
  [[nodiscard]] bool boolean(std::string_view key, bool fallback);
  /// Seconds as an integer or a decimal number ("0.5" is 500 ms); the key's name ends in _s.
  [[nodiscard]] Duration seconds(std::string_view key, Duration fallback, Duration min,
                                 Duration max);
  [[nodiscard]] std::vector<std::string> texts(std::string_view key);
  /// A table of strings, e.g. node_selector = { role = "worker" }.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> text_map(std::string_view key);
  /// The sub-table `key`; an absent one reads as empty (and reports nothing but required keys).
  [[nodiscard]] ConfigTable table(std::string_view key);
  /// The elements of an array of tables `[[key]]`.
  [[nodiscard]] std::vector<ConfigTable> tables(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const;

  /// Reports a mistake the caller found in `key` of this table (cross-field rules).
  void report(std::string_view key, std::string_view problem);

 private:
  friend class ConfigFile;
  ConfigTable(std::shared_ptr<detail::ConfigDocument> document, const void* table,
              std::string path);
  const void* find(std::string_view key);  // a toml::node, or nullptr

  std::shared_ptr<detail::ConfigDocument> document_;
  const void* table_;  // a toml::table, or nullptr for an absent one
  std::string path_;   // "kubernetes." or "pool[1]."
};

class ConfigFile {
 public:
  /// Reads and parses; Errc::config with file, line and what is wrong.
  [[nodiscard]] static Result<ConfigFile> read(const std::filesystem::path& file);
  [[nodiscard]] static Result<ConfigFile> parse(std::string_view text, std::string name);

  [[nodiscard]] ConfigTable root();
  /// All mistakes as one Errc::config error, one line each; also keys that nobody asked for.
  [[nodiscard]] Result<void> finish() const;

 private:
  explicit ConfigFile(std::shared_ptr<detail::ConfigDocument> document);
  std::shared_ptr<detail::ConfigDocument> document_;
};

}  // namespace ecokube
