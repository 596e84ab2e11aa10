#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

#include "coordinator/api/explain.h"
#include "coordinator/api/json.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube {

namespace json = boost::json;
using core::Lifecycle;

/// What the API says of a fleet that stands still.
class DocumentsFixture : public ::testing::Test {
 protected:
  DocumentsFixture() { test::fill(fleet_); }
  core::Node& node(const std::string& name) { return fleet_.world_value.nodes.at(name); }
  json::object explain(const std::string& name) { return explanation_json(fleet_, node(name)); }
  std::string what_would_change_of(const std::string& name) {
    return what_would_change(fleet_, node(name));
  }
  std::set<std::string> codes(const json::object& explanation) {
    std::set<std::string> found;
    for (const auto& blocker : explanation.at("blockers").as_array()) {
      found.emplace(blocker.as_object().at("code").as_string().c_str());
    }
    return found;
  }

  test::FakeFleet fleet_;
};

}  // namespace ecokube
