#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>

namespace ecokube::test {

/// Somebody who answers in the coordinator's place: speaks TLS and "ecokube-enroll/1" with a chain
/// of its own choice, to one peer, and keeps what that says to it.
class Impostor {
 public:
  /// `chain` is shown as it stands in the file.
  Impostor(std::filesystem::path chain, std::filesystem::path key);
  ~Impostor();
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;

  [[nodiscard]] std::string address() const;
  /// What it was told, once the peer has gone.
  [[nodiscard]] std::string heard();

 private:
  void serve() const;

  std::filesystem::path chain_, key_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::string heard_;
  std::thread thread_;
};

}  // namespace ecokube::test
