#include "coordinator/api/routes.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace ecokube {
namespace {

using Segments = std::vector<std::string>;

TEST(Routes, FindsByMethodAndPath) {
  const auto nodes = find_route("GET", Segments{"api", "v1", "nodes"});
  ASSERT_NE(nodes.route, nullptr);
  EXPECT_EQ(nodes.route->path, "/api/v1/nodes");
  const auto wake = find_route("POST", Segments{"api", "v1", "nodes", "worker1", "wake"});
  ASSERT_NE(wake.route, nullptr);
  EXPECT_EQ(wake.names.node, "worker1");
  EXPECT_EQ(wake.route->access, Access::unix_socket);
  const auto pod = find_route("GET", Segments{"api", "v1", "pods", "team-a", "x", "explanation"});
  ASSERT_NE(pod.route, nullptr);
  EXPECT_EQ(pod.names.ns, "team-a");
  EXPECT_EQ(pod.names.pod, "x");
}

TEST(Routes, TellsAnotherMethodFromNotFound) {
  const auto other = find_route("DELETE", Segments{"api", "v1", "nodes", "worker1"});
  EXPECT_EQ(other.route, nullptr);
  EXPECT_EQ(other.other_methods, (std::vector<std::string_view>{"GET"}));
  for (const auto& segments : {Segments{}, Segments{"api"}, Segments{"api", "v1", "node"},
                               Segments{"api", "v1", "nodes", "a", "explanation", "more"}}) {
    const auto none = find_route("GET", segments);
    EXPECT_EQ(none.route, nullptr);
    EXPECT_TRUE(none.other_methods.empty());
  }
}

TEST(Routes, WhateverChangesSomethingOrKnowsTheBmcsIsOnTheUnixSocketOnly) {
  for (const auto& route : routes()) {
    const bool for_everyone = route.method == "GET" && route.path != "/api/v1/wake-bundle";
    EXPECT_EQ(for_everyone, route.access == Access::everyone) << route.path;
  }
}

/// Goal: the document and the table say the same, both ways.
TEST(OpenApi, HasEachRouteAndNoOther) {
  const auto document = YAML::LoadFile(ECOKUBE_OPENAPI_FILE);
  ASSERT_EQ(document["openapi"].as<std::string>().substr(0, 3), "3.1");
  std::set<std::string> documented;
  for (const auto& path : document["paths"]) {
    for (const auto& member : path.second) {
      auto method = member.first.as<std::string>();
      if (method == "parameters") continue;
      std::ranges::transform(method, method.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      documented.insert(method + " " + path.first.as<std::string>());
      EXPECT_TRUE(member.second["operationId"]) << path.first;
      EXPECT_TRUE(member.second["responses"]) << path.first;
    }
  }
  std::set<std::string> served;
  for (const auto& route : routes()) {
    served.insert(std::string(route.method) + " " + std::string(route.path));
  }
  EXPECT_EQ(documented, served);
}

/// Goal: no "$ref" leads nowhere.
void expect_refs(const YAML::Node& root, const YAML::Node& node) {
  if (node.IsSequence()) {
    for (const auto& entry : node) expect_refs(root, entry);
  }
  if (!node.IsMap()) return;
  for (const auto& entry : node) {
    if (entry.first.as<std::string>() != "$ref") {
      expect_refs(root, entry.second);
      continue;
    }
    const auto text = entry.second.as<std::string>();
    ASSERT_TRUE(text.starts_with("#/")) << text;
    std::vector<YAML::Node> steps{root};
    for (std::size_t at = 2; at <= text.size();) {
      const auto end = std::min(text.find('/', at), text.size());
      const YAML::Node& parent = steps.back();
      ASSERT_TRUE(parent.IsMap()) << text;
      const auto child = parent[text.substr(at, end - at)];
      ASSERT_TRUE(child) << text;
      steps.push_back(child);
      at = end + 1;
    }
  }
}

TEST(OpenApi, HasNoDanglingReference) {
  const auto document = YAML::LoadFile(ECOKUBE_OPENAPI_FILE);
  expect_refs(document, document);
}

}  // namespace
}  // namespace ecokube
