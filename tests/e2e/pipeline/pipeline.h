#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/http_client.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// The sample pipeline as a user runs it: broker, eco-upload and workers as processes of their own.
class Pipeline {
 public:
  Pipeline();

  /// Starts an eco-worker with these further arguments; its id is `name`.
  ChildProcess& start_worker(const std::string& name, std::vector<std::string> arguments);
  void kill_broker();

  /// Status and body of POST /upload.
  HttpResponse upload(std::string video);
  /// The job id of an upload that must succeed.
  std::string upload_job(std::string video);
  [[nodiscard]] std::int64_t result_count();
  [[nodiscard]] bool has_result(const std::string& job_id);
  /// What the group has not committed yet, by a reader of its own.
  [[nodiscard]] std::int64_t lag();

  /// Lines of the event log with this event.
  [[nodiscard]] std::vector<boost::json::object> events(std::string_view event) const;
  /// Looks again and again, for at most `limit`.
  bool wait_until(const std::function<bool()>& done,
                  std::chrono::milliseconds limit = std::chrono::seconds(25));
  /// The exit status; -1 when it still runs after 20 s.
  int exit_status(ChildProcess& child);
  [[nodiscard]] const TempDir& dir() const { return dir_; }

 private:
  ChildProcess& start(const std::string& name, std::vector<std::string> argv);
  std::string wait_for_address(const std::string& file);
  HttpResponse ask(std::string method, std::string target, std::string body);

  TempDir dir_;
  boost::asio::io_context io_{1};
  std::string bootstrap_;
  std::unique_ptr<HttpClient> client_;
  std::vector<std::unique_ptr<ChildProcess>> children_;
};

}  // namespace ecokube::test
