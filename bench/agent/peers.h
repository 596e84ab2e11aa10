#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/agent/peer.h"
#include "bench/programs.h"
#include "common/error.h"
#include "common/http_client.h"

namespace ecokube::bench {

/// The peers of a run. One that does not get so far as to tell energy is left out, with the reason.
class Peers {
 public:
  Peers(boost::asio::any_io_executor executor, Programs& programs)
      : executor_(std::move(executor)), programs_(programs) {}

  void start(Peer peer);
  void leave_out(const std::string& name, std::string why) { missing_[name] = std::move(why); }
  /// Asks each that has not told energy yet. False: one that runs has still not.
  [[nodiscard]] boost::asio::awaitable<bool> all_tell();
  /// Ends those that have not, and keeps why.
  void leave_out_silent();
  /// From each that is left; an answer without energy is Errc::protocol.
  [[nodiscard]] boost::asio::awaitable<Result<void>> scrape();

  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::map<std::string, std::string>& missing() const { return missing_; }

 private:
  struct Started {
    Peer peer;
    std::unique_ptr<HttpClient> client;
    bool tells = false;
  };
  static boost::asio::awaitable<Result<void>> ask(Started& one);

  boost::asio::any_io_executor executor_;
  Programs& programs_;
  std::vector<Started> started_;
  std::map<std::string, std::string> missing_;
};

}  // namespace ecokube::bench
