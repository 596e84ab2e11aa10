#include "tests/contract/kubernetes/contract_test.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>
#include <utility>

#include "coordinator/kubernetes/json_access.h"

namespace ecokube::test {

using kubernetes::ApiClient;

namespace {

boost::json::value must_do(const std::string& what, Result<boost::json::value> result) {
  if (!result) throw std::runtime_error(what + ": " + result.error().message);
  return std::move(*result);
}

}  // namespace

ContractTest::ContractTest() : server_(GetParam().make(io_)) {
  auto access = server_->access();
  proxy_ = std::make_unique<FlakyProxy>(io_, access.host, access.port);
  admin_ = *ApiClient::make(io_.get_executor(), std::move(access));
}

ContractTest::~ContractTest() {
  for (const auto& client : clients_) {
    proxy_->accept_again();
    run(io_, client->cluster->stop());
  }
  for (const auto& path : created_) {
    boost::json::value now = boost::json::parse(R"({"gracePeriodSeconds": 0})");
    (void)run(io_, admin_->remove(path, std::move(now)));
  }
  admin_.reset();
  proxy_.reset();
  server_.reset();
  clients_.clear();
  constexpr std::chrono::seconds kLastWords{2};
  io_.restart();
  io_.run_for(kLastWords);  // every coroutine ends
}

kubernetes::KubernetesOptions ContractTest::options() const {
  kubernetes::KubernetesOptions options;
  options.access = server_->access();
  options.access.host = "127.0.0.1";
  options.access.port = proxy_->port();
  options.clock = [this] { return clock_.now(); };
  options.lease = false;
  options.identity = "test";
  options.probe_interval = std::chrono::milliseconds(50);
  options.limits.response_timeout = std::chrono::milliseconds(2000);
  options.watching.backoff_base = std::chrono::milliseconds(10);
  options.watching.backoff_cap = std::chrono::milliseconds(100);
  options.watching.page = 2;  // so that every list is one of several pages
  return options;
}

std::shared_ptr<ContractTest::Client> ContractTest::start(kubernetes::KubernetesOptions options) {
  auto made = kubernetes::make_kubernetes(io_.get_executor(), std::move(options));
  if (!made) throw std::runtime_error(made.error().message);
  auto client = std::make_shared<Client>();
  client->cluster = std::move(*made);
  client->cluster->start(
      [to = client.get()](core::Fact fact) { to->facts.push_back(std::move(fact)); });
  clients_.push_back(client);
  return client;
}

ContractTest::Json ContractTest::create(const std::string& collection, const std::string& body) {
  boost::json::value object = boost::json::parse(body);
  auto made =
      must_do("creating in " + collection, run(io_, admin_->create(collection, std::move(object))));
  created_.push_back(collection + "/" +
                     std::string(kubernetes::find_text(made.get_object(), {"metadata", "name"})));
  return made;
}

ContractTest::Json ContractTest::get(const std::string& path) {
  return must_do("getting " + path, run(io_, admin_->get(path)));
}

ContractTest::Json ContractTest::patch(const std::string& path, const std::string& patch) {
  boost::json::value body = boost::json::parse(patch);
  return must_do("patching " + path, run(io_, admin_->merge_patch(path, std::move(body))));
}

void ContractTest::remove(const std::string& path) {
  boost::json::value now = boost::json::parse(R"({"gracePeriodSeconds": 0})");
  must_do("deleting " + path, run(io_, admin_->remove(path, std::move(now))));
}

ContractTest::Json ContractTest::create_node(const std::string& name, const std::string& spec) {
  auto made = create("/api/v1/nodes", fmt::format(R"({{"apiVersion": "v1", "kind": "Node",
                                      "metadata": {{"name": "{}"}}, "spec": {}}})",
                                                  name, spec));
  if (!server_->has_controllers()) return made;
  // They annotate it and take the taint away that the API server gives it: then it rests.
  const auto written = [&] {
    made = get("/api/v1/nodes/" + name);
    const auto& fields = made.get_object();
    const auto* notes = kubernetes::find(fields, {"metadata", "annotations"});
    return notes != nullptr && notes->get_object().contains("node.alpha.kubernetes.io/ttl") &&
           boost::json::serialize(*kubernetes::find(fields, {"spec"})).find("not-ready") ==
               std::string::npos;
  };
  if (!wait(written)) throw std::runtime_error("no controller wrote to node " + name);
  return made;
}

ContractTest::Json ContractTest::create_pod(const std::string& name, const std::string& node) {
  const std::string pods = "/api/v1/namespaces/default/pods";
  auto made = create(pods, fmt::format(R"({{"apiVersion": "v1", "kind": "Pod",
                    "metadata": {{"name": "{}"}},
                    "spec": {{"containers": [{{"name": "c", "image": "none",
                      "resources": {{"requests": {{"cpu": "200m"}}}}}}]}}}})",
                                       name));
  if (node.empty()) return made;
  boost::json::value binding = boost::json::parse(
      fmt::format(R"({{"apiVersion": "v1", "kind": "Binding", "metadata": {{"name": "{}"}},
                       "target": {{"apiVersion": "v1", "kind": "Node", "name": "{}"}}}})",
                  name, node));
  must_do("binding", run(io_, admin_->create(pods + "/" + name + "/binding", std::move(binding))));
  return get(pods + "/" + name);
}

ContractTest::Json ContractTest::create_deployment(const std::string& name) {
  return create("/apis/apps/v1/namespaces/default/deployments",
                fmt::format(R"({{"apiVersion": "apps/v1", "kind": "Deployment",
                     "metadata": {{"name": "{0}"}},
                     "spec": {{"replicas": 0, "selector": {{"matchLabels": {{"app": "{0}"}}}},
                       "template": {{"metadata": {{"labels": {{"app": "{0}"}}}},
                         "spec": {{"containers": [{{"name": "c", "image": "none"}}]}}}}}}}})",
                            name));
}

std::string ContractTest::fresh(const std::string& stem) {
  return fmt::format("{}-{}-{}-{}", stem, ::getpid(), to_ms(clock_.now()), ++names_);
}

std::vector<std::string> ContractTest::nodes_seen(const Client& client) {
  std::vector<std::string> names;
  const auto add = [&](const core::KubeNode& node) {
    if (std::find(names.begin(), names.end(), node.name) == names.end()) {
      names.push_back(node.name);
    }
  };
  for (const auto& fact : client.facts) {
    if (const auto* all = std::get_if<core::ClusterListed>(&fact)) {
      for (const auto& node : all->nodes) add(node);
    } else if (const auto* seen = std::get_if<core::NodeSeen>(&fact)) {
      add(seen->node);
    }
  }
  return names;
}

const core::KubeNode* ContractTest::last_node(const Client& client, const std::string& name) {
  const core::KubeNode* found = nullptr;
  for (const auto& fact : client.facts) {
    if (const auto* all = std::get_if<core::ClusterListed>(&fact)) {
      for (const auto& node : all->nodes) found = node.name == name ? &node : found;
    } else if (const auto* seen = std::get_if<core::NodeSeen>(&fact)) {
      found = seen->node.name == name ? &seen->node : found;
    }
  }
  return found;
}

core::Step step_for(const std::string& node, core::Action action, std::int64_t transition) {
  const auto verb = static_cast<core::Verb>(action.index());
  return {core::StepId{node, verb, transition, 1}, std::move(action), {}, 1};
}

core::Revision revision_of(const boost::json::value& thing) {
  return kubernetes::revision_of(thing.get_object());
}

}  // namespace ecokube::test
