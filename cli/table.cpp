#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace ecokube::cli {
namespace {

/// Characters, not bytes.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string_view code(Colour colour) {
  switch (colour) {
    case Colour::none: return "";
    case Colour::good: return "\x1b[32m";
    case Colour::quiet: return "\x1b[2m";
    case Colour::busy: return "\x1b[33m";
    case Colour::bad: return "\x1b[31m";
    case Colour::strong: return "\x1b[1m";
  }
  return "";
}

}  // namespace

std::string paint(std::string_view text, Colour colour, bool colours) {
  if (!colours || colour == Colour::none || text.empty()) return std::string(text);
  return std::string(code(colour)) + std::string(text) + "\x1b[0m";
}

void add_line(std::string& out, std::string_view label, std::string_view text) {
  out += fmt::format("{:<10}{}\n", label, text);
}

std::string table(const std::vector<std::vector<Cell>>& rows, const std::vector<std::size_t>& right,
                  bool colours) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i].text));
  }
  std::string out;
  bool head = true;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - width(row[i].text), ' ');
      const bool is_right = std::ranges::find(right, i) != right.end();
      const auto text = paint(row[i].text, head ? Colour::strong : row[i].colour, colours);
      if (i > 0) line += "  ";
      line += is_right ? blanks + text : text + blanks;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
    head = false;
  }
  return out;
}

}  // namespace ecokube::cli
