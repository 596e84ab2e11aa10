#include "tests/contract/enrolment/enrolment_lab.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/boot_clock.h"
#include "tests/support/must.h"

namespace ecokube::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Old enough to have signed what is to be renewed now.
constexpr auto kCaAge = std::chrono::hours(24 * 100);

}  // namespace

asio::awaitable<Result<void>> WatchedCertificates::admit(ShownCertificate shown) {
  shown_serials.push_back(shown.serial);
  return to->admit(std::move(shown));
}

asio::awaitable<Result<IssuedCertificate>> WatchedCertificates::enroll(EnrolmentRequest request) {
  asked.push_back(request);
  return to->enroll(std::move(request));
}

asio::awaitable<Result<IssuedCertificate>> WatchedCertificates::renew(NodeName node,
                                                                      std::string request) {
  return to->renew(std::move(node), std::move(request));
}

asio::awaitable<Result<void>> MemoryStore::write_identity(IdentityChange change) {
  const auto put = [](auto& all, auto one, auto key) {
    std::erase_if(all, [&](const auto& other) { return other.*key == one.*key; });
    all.push_back(std::move(one));
  };
  for (const auto& id : change.dropped_tokens) {
    std::erase_if(kept.tokens, [&](const auto& token) { return token.id == id; });
  }
  if (change.token) put(kept.tokens, *std::move(change.token), &TokenRecord::id);
  if (change.node) put(kept.nodes, *std::move(change.node), &IdentityRecord::node);
  co_return Result<void>();
}

EnrolmentLab::EnrolmentLab() {
  own = {dir / "bundle.crt", dir / "coordinator.crt", dir / "coordinator.key"};
  certify_coordinator(ca);
  believe({ca});
  open(&ca);
}

EnrolmentLab::~EnrolmentLab() {
  if (server) stop_server();
}

enrolment::AuthorityFiles EnrolmentLab::make_ca(const std::string& stem) const {
  enrolment::AuthorityFiles files{dir / (stem + ".crt"), dir / (stem + ".key")};
  must(enrolment::make_authority(files, RealClock().now() - kCaAge));
  return files;
}

void EnrolmentLab::certify_coordinator(const enrolment::AuthorityFiles& by) {
  must(enrolment::make_coordinator_certificate(by, own, "main", RealClock().now(), true));
}

void EnrolmentLab::believe(const std::vector<enrolment::AuthorityFiles>& all) {
  std::string bundle;
  for (const auto& one : all) bundle += read_text(one.certificate);
  dir.write("bundle.crt", bundle);
}

void EnrolmentLab::open(const enrolment::AuthorityFiles* signs) {
  if (server) stop_server();
  enrolment::EnrolmentOptions options;
  if (signs != nullptr) options.authority.emplace(must(enrolment::load_authority(*signs)));
  options.ca_bundle_pem = read_text(own.ca);
  options.clock = [this] { return RealClock().now() + clock_shift; };
  options.on_revoked = [this](const NodeName& node, const std::string& why) {
    server->turn_away(node, why);
  };
  ca_hash = must(enrolment::hash_of_own_authority(read_text(own.certificate), options.ca_bundle_pem,
                                                  RealClock().now()));
  options.ca_hash = ca_hash;
  enrolment.emplace(std::move(options), store.kept, store);
  certificates.to = &*enrolment;
  auto serving = server_options();
  serving.tls = own;
  serving.port = port;
  serving.certificates = &certificates;
  start_server(std::move(serving));
  port = server->port();
}

MadeToken EnrolmentLab::token(const NodeName& node) {
  TokenWish wish{node, 1h, "ann"};
  return must(run(io, enrolment->make_token(std::move(wish))));
}

std::string EnrolmentLab::coordinator_address() const {
  return "127.0.0.1:" + std::to_string(port);
}

EnrolmentLab::Outcome EnrolmentLab::enroll(std::vector<std::string> more,
                                           const std::string& folder) {
  dir.write(folder + ".toml", "node_name = \"worker1\"\nstate_dir = \"" + (dir / folder).string() +
                                  "\"\n[coordinator]\naddresses = [\"" + coordinator_address() +
                                  "\"]\n");
  ChildOptions options;
  options.argv = {
      ECOKUBE_AGENT, "--config",      (dir / (folder + ".toml")).string(),
      "enroll",      "--coordinator", answers_at.empty() ? coordinator_address() : answers_at};
  options.argv.insert(options.argv.end(), more.begin(), more.end());
  options.output_file = dir / "enroll.log";
  options.die_with_parent = true;
  std::filesystem::remove(options.output_file);
  const auto child = must(start_child(io.get_executor(), options));
  const auto status = run(io, child->wait(20s));
  EXPECT_TRUE(status) << "enroll does not end";
  return {status.value_or(-1), read_text(options.output_file)};
}

EnrolmentLab::Outcome EnrolmentLab::enroll_as(const NodeName& node, const std::string& folder) {
  const auto made = token();
  return enroll({"--token", made.token, "--ca-hash", ca_hash, "--node-name", node}, folder);
}

std::unique_ptr<AgentProcess> EnrolmentLab::agent(const NodeName& node, const TempDir& machine,
                                                  const std::string& folder) {
  auto made = std::make_unique<AgentProcess>(io, machine, port);
  made->node_name = node;
  made->files = {in(folder, "agent.crt"), in(folder, "agent.key")};
  made->ca = in(folder, "ca.crt");
  return made;
}

std::size_t EnrolmentLab::connections_of(const NodeName& node) const {
  const auto all = seen<core::AgentConnected>();
  return static_cast<std::size_t>(std::ranges::count(all, node, &core::AgentConnected::node));
}

}  // namespace ecokube::test
