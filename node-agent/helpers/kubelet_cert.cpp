#include "node-agent/helpers/kubelet_cert.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/x509.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

/// A certificate, its CA's and a key are a few KiB.
constexpr std::size_t kBytesMax = 64UL * 1024;

Result<std::string> contents_of(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail(Errc::io, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return fail(Errc::invalid, "it is no regular file");
  std::string text;
  std::array<char, 4096> page{};
  for (;;) {
    const auto count = ::read(fd, page.data(), page.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(Errc::io, std::strerror(errno));
    if (count == 0) return text;
    text.append(page.data(), static_cast<std::size_t>(count));
    if (text.size() > kBytesMax) return fail(Errc::too_large, "it is larger than 64 KiB");
  }
}

/// not_found: it is not there.
Result<std::string> read_regular(const fs::path& file) {
  // O_NONBLOCK: a FIFO without a writer would hold us.
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    return fail(absent ? Errc::not_found : Errc::io, std::strerror(errno));
  }
  auto text = contents_of(fd);
  ::close(fd);
  return text;
}

Result<Validity> validity_in(const std::string& pem) {
  const auto found = parse_certificates(pem);
  if (!found) return std::unexpected(found.error());
  auto validity = validity_of(found->front().get());
  if (!validity) return validity;
  if (to_ms(validity->not_before) < 0 || validity->not_after <= validity->not_before) {
    return fail(Errc::invalid, "the certificate ends before it begins, or began before 1970");
  }
  return validity;
}

}  // namespace

std::vector<fs::path> kubelet_cert_files() {
  return {"/var/lib/kubelet/pki/kubelet-client-current.pem",
          "/var/lib/rancher/k3s/agent/client-kubelet.crt",
          "/var/lib/rancher/rke2/agent/client-kubelet.crt",
          "/var/lib/k0s/kubelet/pki/kubelet-client-current.pem"};
}

// A machine that was of another distribution before may have that one's file still.
KubeletCertAnswer kubelet_cert_in(const std::vector<fs::path>& files) {
  KubeletCertAnswer newest;
  for (const auto& file : files) {
    const auto pem = read_regular(file);
    if (!pem && pem.error().code == Errc::not_found) continue;
    const auto validity = pem ? validity_in(*pem) : Result<Validity>(std::unexpected(pem.error()));
    if (!validity && newest.problem.empty()) {
      newest.problem = file.string() + ": " + validity.error().message +
                       "; look: openssl x509 -noout -dates -in " + file.string();
    }
    if (!validity) continue;
    if (newest.validity && validity->not_before <= newest.validity->not_before) continue;
    newest.validity = *validity;
  }
  if (newest.validity) newest.problem.clear();
  return newest;
}

}  // namespace ecokube::agent
