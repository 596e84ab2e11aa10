#include "common/ipv4_subnet.h"

#include <bit>
#include <charconv>

namespace ecokube {
namespace {

constexpr int kOctets = 4;
constexpr int kOctetBits = 8;

/// Decimal digits alone, without a leading zero, which some read as octal.
std::optional<int> parse_decimal(std::string_view text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || value < 0 || value > max || text.front() == '-') return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  for (int i = 0; i < kOctets; ++i) {
    const bool last = i + 1 == kOctets;
    const auto dot = last ? text.size() : text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto octet = parse_decimal(text.substr(0, dot), (1 << kOctetBits) - 1);
    if (!octet) return std::nullopt;
    address = address << kOctetBits | static_cast<std::uint32_t>(*octet);
    text.remove_prefix(last ? dot : dot + 1);
  }
  return address;
}

std::string ipv4_text(std::uint32_t address) {
  std::string text;
  for (int i = kOctets - 1; i >= 0; --i) {
    text += std::to_string(address >> (i * kOctetBits) & 0xffU);
    if (i > 0) text += '.';
  }
  return text;
}

std::optional<Ipv4Subnet> Ipv4Subnet::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, slash));
  const auto prefix = parse_decimal(text.substr(slash + 1), kPrefixMax);
  if (!address || !prefix) return std::nullopt;
  return Ipv4Subnet{*address, *prefix};
}

std::optional<int> Ipv4Subnet::prefix_of_mask(std::uint32_t mask) {
  const int ones = std::countl_one(mask);
  if (std::popcount(mask) != ones) return std::nullopt;
  return ones;
}

std::uint32_t Ipv4Subnet::mask() const {
  return prefix <= 0 ? 0 : ~std::uint32_t{0} << (kPrefixMax - prefix);
}

bool Ipv4Subnet::same_segment(const Ipv4Subnet& other) const {
  return prefix == other.prefix && (address & mask()) == (other.address & mask());
}

std::string Ipv4Subnet::text() const { return ipv4_text(address) + "/" + std::to_string(prefix); }

}  // namespace ecokube
