#include "tests/unit/lab_kubernetes/api_fixture.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <sstream>

#include "common/http_client.h"
#include "lab/certificates.h"
#include "lab/kubernetes/api_server.h"
#include "tests/support/run.h"

namespace ecokube::lab {

struct ApiFixture::Parts {
  boost::asio::io_context io{1};
  std::unique_ptr<ApiServer> server;
  std::unique_ptr<HttpClient> client;
};

struct ApiFixture::Watching {
  std::string pending;
  std::vector<WatchEvent> events;
  std::optional<int> ended;  // HTTP status; 0 for an error
};

namespace {

std::string text_at(const json::object& object, const std::string& path) {
  const json::object* at = &object;
  std::istringstream keys(path);
  std::string key;
  const json::value* found = nullptr;
  while (at != nullptr && std::getline(keys, key, '.')) {
    found = at->if_contains(key);
    at = found != nullptr ? found->if_object() : nullptr;
  }
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string{};
}

}  // namespace

std::string Answer::text(const std::string& path) const { return text_at(body, path); }
std::string WatchEvent::name() const { return text_at(object, "metadata.name"); }

ApiFixture::ApiFixture() : parts_(std::make_unique<Parts>()) {}

ApiFixture::~ApiFixture() {
  if (parts_->server) parts_->server->stop();
  parts_->io.restart();
  parts_->io.run_for(std::chrono::seconds(5));  // all coroutines end
}

void ApiFixture::start(ServerWish wish) {
  const auto ca = make_ca(dir_.path(), "ca");
  ASSERT_TRUE(ca.has_value()) << ca.error().message;
  const auto own =
      make_certificate(dir_.path(), *ca, {.file_stem = "api", .sans = {"IP:127.0.0.1"}});
  ASSERT_TRUE(own.has_value()) << own.error().message;
  ApiServerOptions options;
  options.certificate = own->certificate;
  options.key = own->key;
  options.tokens = {{"admin-token", "admin"}, {"other-token", "kubelet"}};
  options.truth_log = *JsonLines::open(dir_ / "truth.jsonl", "api");
  options.events_max = wish.events_max;
  options.bookmark_interval = wish.bookmark_interval;
  options.gone_as_event = wish.gone_as_event;
  auto server = ApiServer::start(parts_->io.get_executor(), std::move(options));
  ASSERT_TRUE(server.has_value()) << server.error().message;
  parts_->server = *std::move(server);
  HttpsClientIdentity identity;
  identity.ca_pem = test::read_text(ca->certificate);
  HttpEndpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = parts_->server->port();
  endpoint.tls = *make_https_client_context(identity);
  parts_->client = make_http_client(parts_->io.get_executor(), std::move(endpoint));
}

namespace {

Answer ask(boost::asio::io_context& io, HttpClient& client, HttpRequest request) {
  const auto answer = test::run(io, client.request(std::move(request)));
  if (!answer) {
    ADD_FAILURE() << answer.error().message;
    return {};
  }
  boost::system::error_code ec;
  auto body = json::parse(answer->body, ec);
  return Answer{answer->status, body.is_object() ? body.as_object() : json::object{}};
}

}  // namespace

Answer ApiFixture::send(const std::string& method, const std::string& target,
                        const std::string& body, const std::string& content_type) {
  HttpRequest request{method,
                      target,
                      {{"Authorization", "Bearer admin-token"}, {"Content-Type", content_type}},
                      body};
  return ask(parts_->io, *parts_->client, std::move(request));
}

Answer ApiFixture::send_as(const std::string& token, const std::string& method,
                           const std::string& target) {
  HttpRequest request{method, target, {}, {}};
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  return ask(parts_->io, *parts_->client, std::move(request));
}

Answer ApiFixture::make_pod(const std::string& name, const std::string& labels) {
  auto made = send("POST", kPods,
                   R"({"metadata":{"name":")" + name + R"(","labels":)" + labels +
                       R"(},"spec":{"containers":[{"name":"c","image":"i"}]}})");
  EXPECT_EQ(made.status, 201) << name;
  return made;
}

Answer ApiFixture::make_node(const std::string& name) {
  auto made = send("POST", kNodes, R"({"metadata":{"name":")" + name + R"("},"spec":{}})");
  EXPECT_EQ(made.status, 201) << name;
  return made;
}

void ApiFixture::bind(const std::string& pod, const std::string& node) {
  const auto bound = send("POST", kPods + "/" + pod + "/binding",
                          R"({"metadata":{"name":")" + pod +
                              R"("},"target":{"kind":"Node","name":")" + node + R"("}})");
  EXPECT_EQ(bound.status, 201) << bound.text("message");
}

std::shared_ptr<ApiFixture::Watching> ApiFixture::watch(const std::string& target) {
  auto watching = std::make_shared<Watching>();
  HttpRequest request{"GET", target, {{"Authorization", "Bearer admin-token"}}, {}};
  HttpClient::OnBytes on_bytes = [watching](std::string_view bytes) {
    watching->pending += bytes;
    for (auto end = watching->pending.find('\n'); end != std::string::npos;
         end = watching->pending.find('\n')) {
      const auto event = json::parse(watching->pending.substr(0, end)).as_object();
      watching->events.push_back({text_at(event, "type"), event.at("object").as_object()});
      watching->pending.erase(0, end + 1);
    }
    return true;
  };
  boost::asio::co_spawn(parts_->io, parts_->client->stream(std::move(request), std::move(on_bytes)),
                        [watching](std::exception_ptr error, Result<HttpResponse> answer) {
                          watching->ended = !error && answer ? answer->status : 0;
                        });
  return watching;
}

std::vector<WatchEvent> ApiFixture::events(const std::shared_ptr<Watching>& watching,
                                           std::size_t count) {
  EXPECT_TRUE(test::run_until(parts_->io,
                              [&] { return watching->events.size() >= count || watching->ended; }));
  EXPECT_EQ(watching->events.size(), count);
  return watching->events;
}

std::optional<WatchEvent> ApiFixture::event_at(const std::shared_ptr<Watching>& watching,
                                               const std::string& revision) {
  const auto& seen = watching->events;
  const auto has_it = [&](const WatchEvent& event) {
    return text_at(event.object, "metadata.resourceVersion") == revision;
  };
  (void)test::run_until(parts_->io, [&] { return std::ranges::any_of(seen, has_it); });
  const auto found = std::ranges::find_if(seen, has_it);
  return found == seen.end() ? std::nullopt : std::optional(*found);
}

std::optional<int> ApiFixture::end_of(const std::shared_ptr<Watching>& watching) {
  EXPECT_TRUE(test::run_until(parts_->io, [&] { return watching->ended.has_value(); }));
  return watching->ended;
}

void ApiFixture::compact() { parts_->server->compact(); }
void ApiFixture::end_watches() { parts_->server->end_watches(); }
std::string ApiFixture::truth() { return test::read_text(dir_ / "truth.jsonl"); }

std::vector<std::string> ApiFixture::truth_events() {
  std::istringstream lines(truth());
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    names.push_back(text_at(json::parse(line).as_object(), "event"));
  }
  return names;
}

}  // namespace ecokube::lab
