#include "coordinator/enrolment/node_register.h"

#include <algorithm>
#include <utility>

namespace ecokube::enrolment {
namespace {

const CertificateRecord* find_serial(const IdentityRecord& record, const std::string& serial) {
  const auto found = std::ranges::find(record.certificates, serial, &CertificateRecord::serial);
  return found == record.certificates.end() ? nullptr : &*found;
}

/// A certificate's dates have no fractions; the next one begins in the second of the revocation.
bool began_before(TimePoint at, const Revocation& revocation) {
  return at < std::chrono::floor<std::chrono::seconds>(revocation.at);
}

/// By its serial where we know it; another one by the time at which it began.
bool is_revoked(const IdentityRecord& record, const ShownCertificate& shown) {
  if (!record.revocation) return false;
  const auto* known = find_serial(record, shown.serial);
  return known != nullptr ? known->revoked : began_before(shown.not_before, *record.revocation);
}

}  // namespace

NodeRegister::NodeRegister(std::vector<IdentityRecord> kept) {
  for (auto& record : kept) put(std::move(record));
}

void NodeRegister::put(IdentityRecord record) {
  auto node = record.node;
  nodes_.insert_or_assign(std::move(node), std::move(record));
}

const IdentityRecord* NodeRegister::find(const NodeName& node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : &found->second;
}

bool NodeRegister::knows(const ShownCertificate& shown) const {
  const auto* record = find(shown.node);
  return record != nullptr && find_serial(*record, shown.serial) != nullptr;
}

Result<void> NodeRegister::may_connect(const ShownCertificate& shown) const {
  const auto* record = find(shown.node);
  if (record == nullptr || !is_revoked(*record, shown)) return {};
  const auto& revocation = *record->revocation;
  return fail(Errc::forbidden,
              "the certificate of " + shown.node + " was revoked by " + revocation.by +
                  (revocation.reason.empty() ? "" : " (" + revocation.reason + ")") +
                  "; to let it in again, enrol it anew: ecoctl token create --node " + shown.node);
}

bool NodeRegister::is_taken(const NodeName& node, TimePoint now) const {
  const auto* record = find(node);
  return record != nullptr && std::ranges::any_of(record->certificates, [now](const auto& one) {
           return !one.revoked && now < one.not_after;
         });
}

IdentityRecord NodeRegister::copy_of(const NodeName& node) const {
  if (const auto* record = find(node)) return *record;
  IdentityRecord fresh;
  fresh.node = node;
  return fresh;
}

IdentityRecord NodeRegister::with(const NodeName& node, CertificateRecord certificate) const {
  auto record = copy_of(node);
  auto& all = record.certificates;
  all.push_back(std::move(certificate));
  if (all.size() > kCertificatesMax) all.erase(all.begin());
  return record;
}

IdentityRecord NodeRegister::revoked(const NodeName& node, Revocation revocation) const {
  auto record = copy_of(node);
  for (auto& certificate : record.certificates) certificate.revoked = true;
  record.revocation = std::move(revocation);
  return record;
}

IdentityRecord NodeRegister::revoked_elsewhere(const NodeName& node, Revocation revocation) const {
  auto record = copy_of(node);
  for (auto& certificate : record.certificates) {
    certificate.revoked = certificate.revoked || began_before(certificate.not_before, revocation);
  }
  record.revocation = std::move(revocation);
  return record;
}

}  // namespace ecokube::enrolment
