#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ecokube::cli {

enum class Colour { none, good, quiet, busy, bad, strong };

struct Cell {
  Cell(std::string t, Colour c = Colour::none)  // NOLINT: a text is a cell
      : text(std::move(t)), colour(c) {}
  std::string text;
  Colour colour;
};

/// The text in its colour, when colours are wanted.
[[nodiscard]] std::string paint(std::string_view text, Colour colour, bool colours);

/// Adds "Nodes     3 of 5 on\n": a line of what is said of one thing.
void add_line(std::string& out, std::string_view label, std::string_view text);

/// Columns as wide as their widest cell, two blanks between them, no blanks at the end of a line.
/// The first row is the head. `right` names the columns that stand right, for figures.
[[nodiscard]] std::string table(const std::vector<std::vector<Cell>>& rows,
                                const std::vector<std::size_t>& right, bool colours);

}  // namespace ecokube::cli
