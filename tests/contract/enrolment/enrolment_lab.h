#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/enrolment/enrolment.h"
#include "coordinator/enrolment/make_authority.h"
#include "tests/contract/agent_link/link_fixture.h"

namespace ecokube::test {

/// Passes everything on and remembers what came.
class WatchedCertificates final : public NodeCertificates {
 public:
  enrolment::Enrolment* to = nullptr;
  std::vector<std::string> shown_serials;
  std::vector<EnrolmentRequest> asked;

  boost::asio::awaitable<Result<void>> admit(ShownCertificate shown) override;
  bool issues() const override { return to->issues(); }
  std::string ca_bundle_sha256() const override { return to->ca_bundle_sha256(); }
  boost::asio::awaitable<Result<IssuedCertificate>> enroll(EnrolmentRequest request) override;
  boost::asio::awaitable<Result<IssuedCertificate>> renew(NodeName node,
                                                          std::string request) override;
};

class MemoryStore final : public IdentityStore {
 public:
  Identities kept;
  Result<Identities> recover_identities() override { return kept; }
  boost::asio::awaitable<Result<void>> write_identity(IdentityChange change) override;
};

/// A coordinator's end with a CA in this process, and the real agent's enroll command.
class EnrolmentLab : public LinkTest {
 protected:
  EnrolmentLab();
  ~EnrolmentLab() override;

  /// Begins (again) with `signs` as the CA (nullptr: none), on the store that there is.
  void open(const enrolment::AuthorityFiles* signs);
  [[nodiscard]] enrolment::AuthorityFiles make_ca(const std::string& stem) const;
  /// The coordinator's own certificate; taken by the next open().
  void certify_coordinator(const enrolment::AuthorityFiles& by);
  /// Whom the coordinator believes and tells nodes to believe; taken by the next open().
  void believe(const std::vector<enrolment::AuthorityFiles>& all);

  [[nodiscard]] MadeToken token(const NodeName& node = "");
  struct Outcome {
    int exit_code = -1;
    std::string output;
  };
  /// Runs `ecokube-agent enroll` while the coordinator serves. Files go to `folder`.
  Outcome enroll(std::vector<std::string> more, const std::string& folder = "node");
  /// With a token and the right hash.
  Outcome enroll_as(const NodeName& node, const std::string& folder = "node");
  [[nodiscard]] std::filesystem::path in(const std::string& folder, const std::string& file) const {
    return dir / (folder + "/" + file);
  }
  /// An agent with what was enrolled in `folder`; its machine's files are in `machine`.
  [[nodiscard]] std::unique_ptr<AgentProcess> agent(const NodeName& node, const TempDir& machine,
                                                    const std::string& folder = "node");
  [[nodiscard]] std::string coordinator_address() const;
  [[nodiscard]] std::size_t connections_of(const NodeName& node) const;

  std::string answers_at;  ///< "host:port" that enroll() is told; empty: the coordinator's
  Duration clock_shift{};  ///< of the coordinator's clock
  enrolment::AuthorityFiles ca = make_ca("own-ca");
  TlsFiles own;
  MemoryStore store;
  std::optional<enrolment::Enrolment> enrolment;
  WatchedCertificates certificates;
  std::string ca_hash;
  std::uint16_t port = 0;  ///< the same after each open()
};

}  // namespace ecokube::test
