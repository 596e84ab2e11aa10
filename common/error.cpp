#include "common/error.h"

namespace ecokube {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::config: return "config";
    case Errc::invalid: return "invalid";
    case Errc::not_found: return "not_found";
    case Errc::conflict: return "conflict";
    case Errc::gone: return "gone";
    case Errc::refused: return "refused";
    case Errc::unauthorized: return "unauthorized";
    case Errc::forbidden: return "forbidden";
    case Errc::timeout: return "timeout";
    case Errc::unreachable: return "unreachable";
    case Errc::protocol: return "protocol";
    case Errc::too_large: return "too_large";
    case Errc::busy: return "busy";
    case Errc::io: return "io";
    case Errc::unsupported: return "unsupported";
  }
  return "unknown";
}

}  // namespace ecokube
