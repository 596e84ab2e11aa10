#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "common/error.h"

namespace ecokube {

/// An append-only log of JSON lines that several processes may share: each line is one write to a
/// file opened with O_APPEND. Every line has "at_ns" (CLOCK_BOOTTIME), "source" and "event".
class JsonLines {
 public:
  struct Field {
    /// `v` is whatever JSON can hold: a text, a number, an array.
    template <class Value>
    Field(std::string_view k, Value&& v) : key(k), value(std::forward<Value>(v)) {}
    std::string_view key;
    boost::json::value value;
  };

  JsonLines() = default;  ///< writes nowhere
  [[nodiscard]] static Result<JsonLines> open(const std::filesystem::path& file,
                                              std::string source);
  ~JsonLines();
  JsonLines(JsonLines&& other) noexcept;
  JsonLines& operator=(JsonLines&& other) noexcept;

  void write(std::string_view event, std::initializer_list<Field> fields = {});

 private:
  JsonLines(int fd, std::string source) : fd_(fd), source_(std::move(source)) {}
  int fd_ = -1;
  std::string source_;
};

}  // namespace ecokube
