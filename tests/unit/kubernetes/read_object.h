#pragma once

#include <boost/json/parse.hpp>
#include <string_view>

namespace ecokube::kubernetes {

inline boost::json::object read(std::string_view text) {
  return boost::json::parse(text).as_object();
}

}  // namespace ecokube::kubernetes
