#pragma once

#include <stdexcept>
#include <utility>

#include "common/error.h"

namespace ecokube::test {

/// The value, or an end of the test with what went wrong.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

inline void must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

}  // namespace ecokube::test
