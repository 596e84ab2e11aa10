#include "common/config_file.h"

#include <toml++/toml.h>

#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace ecokube {

namespace detail {
struct ConfigDocument {
  std::string name;
  toml::table root;
  std::set<const toml::node*> known;
  std::vector<std::string> problems;

  void report(const toml::node* at, const std::string& key, std::string_view problem) {
    std::string line = name;
    if (at != nullptr) {
      line += ":" + std::to_string(at->source().begin.line) + ":" +
              std::to_string(at->source().begin.column);
    }
    problems.push_back(line + ": " + key + ": " + std::string(problem));
  }
};
}  // namespace detail

namespace {

const toml::table* as_table(const void* table) { return static_cast<const toml::table*>(table); }
const toml::node* as_node(const void* node) { return static_cast<const toml::node*>(node); }

/// Whether 12.5 s becomes a whole number of milliseconds without surprises.
std::optional<Duration> seconds_of(const toml::node& node) {
  constexpr double kMsPerSecond = 1000.0;
  constexpr double kSecondsMax = 1e9;
  if (const auto* whole = node.as_integer()) {
    if (whole->get() > static_cast<std::int64_t>(kSecondsMax)) return std::nullopt;
    return std::chrono::seconds(whole->get());
  }
  if (const auto* number = node.as_floating_point()) {
    if (!(number->get() >= 0 && number->get() <= kSecondsMax)) return std::nullopt;
    return Duration(static_cast<std::int64_t>(number->get() * kMsPerSecond + 0.5));
  }
  return std::nullopt;
}

void unknown_keys(detail::ConfigDocument& document, const toml::table& table,
                  const std::string& path) {
  for (const auto& [key, node] : table) {
    const std::string full = path + std::string(key.str());
    if (!document.known.contains(&node)) {
      document.report(&node, full, "unknown key; see the example file for those that exist");
      continue;
    }
    if (const auto* sub = node.as_table()) unknown_keys(document, *sub, full + ".");
    if (const auto* array = node.as_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        const auto* element = (*array)[i].as_table();
        if (element == nullptr) continue;
        unknown_keys(document, *element, full + "[" + std::to_string(i + 1) + "].");
      }
    }
  }
}

/// All below is taken as known: a table of the user's own keys.
void mark_known(detail::ConfigDocument& document, const toml::table& table) {
  for (const auto& [key, node] : table) document.known.insert(&node);
}

}  // namespace

ConfigTable::ConfigTable(std::shared_ptr<detail::ConfigDocument> document, const void* table,
                         std::string path)
    : document_(std::move(document)), table_(table), path_(std::move(path)) {}

const void* ConfigTable::find(std::string_view key) {
  if (table_ == nullptr) return nullptr;
  const auto* node = as_table(table_)->get(key);
  if (node != nullptr) document_->known.insert(node);
  return node;
}

bool ConfigTable::has(std::string_view key) const {
  return table_ != nullptr && as_table(table_)->contains(key);
}

void ConfigTable::report(std::string_view key, std::string_view problem) {
  const toml::node* at = as_table(table_);
  if (table_ != nullptr && as_table(table_)->contains(key)) at = as_table(table_)->get(key);
  document_->report(at, path_ + std::string(key), problem);
}

std::optional<std::string> ConfigTable::optional_text(std::string_view key) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_string()) return value->get();
  report(key, "must be a string in quotes");
  return std::nullopt;
}

std::string ConfigTable::text(std::string_view key, std::string fallback) {
  auto value = optional_text(key);
  return value ? std::move(*value) : std::move(fallback);
}

std::string ConfigTable::required_text(std::string_view key) {
  if (!has(key)) {
    report(key, "is missing");
    return {};
  }
  std::string value = text(key, "");
  if (value.empty()) report(key, "must not be empty");
  return value;
}

std::int64_t ConfigTable::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                  std::int64_t max) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return fallback;
  const auto* value = node->as_integer();
  if (value == nullptr || value->get() < min || value->get() > max) {
    report(key,
           "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return fallback;
  }
  return value->get();
}

bool ConfigTable::boolean(std::string_view key, bool fallback) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return fallback;
  if (const auto* value = node->as_boolean()) return value->get();
  report(key, "must be true or false");
  return fallback;
}

Duration ConfigTable::seconds(std::string_view key, Duration fallback, Duration min, Duration max) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return fallback;
  const auto value = seconds_of(*node);
  if (!value || *value < min || *value > max) {
    const auto shown = [](Duration d) {
      std::ostringstream out;
      out << static_cast<double>(d.count()) / 1000.0;
      return out.str();
    };
    report(key, "must be seconds from " + shown(min) + " to " + shown(max));
    return fallback;
  }
  return *value;
}

std::vector<std::string> ConfigTable::texts(std::string_view key) {
  std::vector<std::string> values;
  const auto* node = as_node(find(key));
  if (node == nullptr) return values;
  const auto* array = node->as_array();
  if (array == nullptr) {
    report(key, "must be an array of strings, as in [\"a\", \"b\"]");
    return values;
  }
  for (const auto& element : *array) {
    if (const auto* text = element.as_string()) {
      values.push_back(text->get());
    } else {
      document_->report(&element, path_ + std::string(key), "must be a string in quotes");
    }
  }
  return values;
}

std::vector<std::pair<std::string, std::string>> ConfigTable::text_map(std::string_view key) {
  std::vector<std::pair<std::string, std::string>> values;
  const auto* node = as_node(find(key));
  if (node == nullptr) return values;
  const auto* map = node->as_table();
  if (map == nullptr) {
    report(key, "must be a table of strings, as in { role = \"worker\" }");
    return values;
  }
  mark_known(*document_, *map);
  for (const auto& [name, value] : *map) {
    if (const auto* text = value.as_string()) {
      values.emplace_back(name.str(), text->get());
    } else {
      document_->report(&value, path_ + std::string(key) + "." + std::string(name.str()),
                        "must be a string in quotes");
    }
  }
  return values;
}

ConfigTable ConfigTable::table(std::string_view key) {
  const auto* node = as_node(find(key));
  const std::string path = path_ + std::string(key) + ".";
  if (node == nullptr) return {document_, nullptr, path};
  if (!node->is_table()) {
    report(key, "must be a table, written as [" + path_ + std::string(key) + "]");
    return {document_, nullptr, path};
  }
  return {document_, node->as_table(), path};
}

std::vector<ConfigTable> ConfigTable::tables(std::string_view key) {
  std::vector<ConfigTable> values;
  const auto* node = as_node(find(key));
  if (node == nullptr) return values;
  const auto* array = node->as_array();
  if (array == nullptr || !array->is_array_of_tables()) {
    report(key, "must be an array of tables, each written as [[" + path_ + std::string(key) + "]]");
    return values;
  }
  for (std::size_t i = 0; i < array->size(); ++i) {
    values.push_back(ConfigTable(document_, (*array)[i].as_table(),
                                 path_ + std::string(key) + "[" + std::to_string(i + 1) + "]."));
  }
  return values;
}

ConfigFile::ConfigFile(std::shared_ptr<detail::ConfigDocument> document)
    : document_(std::move(document)) {}

Result<ConfigFile> ConfigFile::read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf() || in.peek() == std::ifstream::traits_type::eof())) {
    return fail(Errc::config, "cannot read the configuration file " + file.string() +
                                  ": check that it exists and may be read");
  }
  return parse(text.str(), file.string());
}

Result<ConfigFile> ConfigFile::parse(std::string_view text, std::string name) {
  auto document = std::make_shared<detail::ConfigDocument>();
  document->name = std::move(name);
  try {
    document->root = toml::parse(text, document->name);
  } catch (const toml::parse_error& error) {
    return fail(Errc::config, document->name + ":" + std::to_string(error.source().begin.line) +
                                  ":" + std::to_string(error.source().begin.column) + ": " +
                                  std::string(error.description()));
  }
  return ConfigFile(std::move(document));
}

ConfigTable ConfigFile::root() { return {document_, &document_->root, ""}; }

Result<void> ConfigFile::finish() const {
  const auto reported = document_->problems.size();
  unknown_keys(*document_, document_->root, "");
  std::string text;
  for (const auto& problem : document_->problems) text += (text.empty() ? "" : "\n") + problem;
  document_->problems.resize(reported);
  if (text.empty()) return {};
  return fail(Errc::config, std::move(text));
}

}  // namespace ecokube
