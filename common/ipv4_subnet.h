#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ecokube {

/// An IPv4 address in host byte order, in dotted decimals; nullopt: the text is none.
[[nodiscard]] std::optional<std::uint32_t> parse_ipv4(std::string_view text);
[[nodiscard]] std::string ipv4_text(std::uint32_t address);

/// An interface's address and how many of its bits name the segment that it is on.
struct Ipv4Subnet {
  static constexpr int kPrefixMax = 32;
  std::uint32_t address = 0;  ///< host byte order
  int prefix = kPrefixMax;    ///< 0 to 32

  /// "10.0.3.7/24"; anything else is nullopt.
  [[nodiscard]] static std::optional<Ipv4Subnet> parse(std::string_view text);
  /// nullopt: ones after zeros.
  [[nodiscard]] static std::optional<int> prefix_of_mask(std::uint32_t mask);

  [[nodiscard]] std::uint32_t mask() const;
  /// A /31 is two ends and no more (RFC 3021), a /32 one, and a /0 is no segment.
  [[nodiscard]] bool has_broadcast() const { return prefix > 0 && prefix <= kPrefixMax - 2; }
  [[nodiscard]] std::uint32_t broadcast() const { return address | ~mask(); }
  /// A packet to `to` is heard by the whole segment.
  [[nodiscard]] bool is_broadcast(std::uint32_t to) const {
    return has_broadcast() && broadcast() == to;
  }
  /// Both are on one segment.
  [[nodiscard]] bool same_segment(const Ipv4Subnet& other) const;
  [[nodiscard]] std::string text() const;
  bool operator==(const Ipv4Subnet&) const = default;
};

}  // namespace ecokube
