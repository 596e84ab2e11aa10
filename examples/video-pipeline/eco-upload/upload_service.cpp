#include "examples/video-pipeline/eco-upload/upload_service.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "common/log.h"
#include "examples/video-pipeline/eco-upload/multipart.h"
#include "examples/video-pipeline/job/job.h"

namespace ecokube::video {
namespace asio = boost::asio;
namespace json = boost::json;
namespace {

constexpr std::size_t kPieceBytes = 64UL * 1024;
constexpr std::size_t kResultBytesMax = 64UL * 1024;
constexpr std::size_t kListedMax = 1000;
constexpr std::size_t kDiskThreads = 4;
constexpr std::uint64_t kMultipartExtraBytes = 16UL * 1024;  // boundaries and part headers

asio::awaitable<Result<KeptVideo>> keep_on_disk(const VideoStore& store,
                                                std::unique_ptr<IncomingVideo> video) {
  co_return store.keep(*video);
}

asio::awaitable<Result<void>> store_on_disk(VideoStore& store, std::string job_id,
                                            std::string result) {
  co_return store.store_result(job_id, result);
}

std::optional<std::uint64_t> announced_bytes(const HttpExchange& exchange) {
  const auto text = exchange.header("Content-Length");
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return bytes;
}

Error too_large(std::uint64_t limit) {
  return Error{Errc::too_large,
               "the video is larger than the limit of " + std::to_string(limit) + " bytes"};
}

HttpResponse no_such(std::string_view what) { return problem_response(404, "Not found", what); }

HttpResponse not_allowed(std::string allow) {
  auto response = problem_response(405, "Method not allowed", "allowed here: " + allow);
  response.headers.emplace_back("Allow", std::move(allow));
  return response;
}

bool is_json_object(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  return !error && value.is_object();
}

}  // namespace

UploadService::UploadService(UploadSettings settings, VideoStore& store, RecordPublisher& publisher,
                             JsonLines events)
    : settings_(std::move(settings)),
      store_(store),
      publisher_(publisher),
      events_(std::move(events)),
      disk_(kDiskThreads) {}

asio::awaitable<void> UploadService::handle(HttpExchange& exchange) {
  const auto target = parse_target(exchange.target());
  if (target && target->segments.size() == 2 && target->segments[0] == "videos" &&
      exchange.method() == "GET" && is_job_id(target->segments[1]) &&
      store_.has_video(target->segments[1])) {
    co_await send_video(exchange, target->segments[1]);
    co_return;
  }
  auto response = co_await route(exchange);
  auto sent = co_await exchange.respond(std::move(response));
  if (!sent)
    log::debug("answer not sent target={} why=\"{}\"", exchange.target(), sent.error().message);
}

UploadService::Answer UploadService::route(HttpExchange& exchange) {
  const auto target = parse_target(exchange.target());
  if (!target) co_return problem_response(400, "Bad request", target.error().message);
  const auto& path = target->segments;
  const bool get = exchange.method() == "GET";
  if (path.empty()) {
    if (!get) co_return not_allowed("GET");
    HttpResponse page{.status = 200, .headers = {}, .body = std::string(upload_page())};
    page.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
    co_return page;
  }
  if (path.size() == 1 && path[0] == "upload") {
    if (exchange.method() != "POST") co_return not_allowed("POST");
    co_return co_await upload(exchange);
  }
  if (path.size() == 1 && path[0] == "healthz") co_return json_response(200, R"({"status":"ok"})");
  if (path.size() == 1 && path[0] == "results") {
    if (!get) co_return not_allowed("GET");
    co_return list_results();
  }
  if (path.size() == 2 && path[0] == "videos") {
    if (!get) co_return not_allowed("GET");
    co_return no_such("no such video");
  }
  if (path.size() == 2 && path[0] == "results") {
    if (!is_job_id(path[1])) co_return no_such("this is no job id");
    if (get) co_return get_result(path[1]);
    if (exchange.method() != "PUT") co_return not_allowed("GET, PUT");
    co_return co_await put_result(exchange, path[1]);
  }
  co_return no_such("no such page");
}

UploadService::Answer UploadService::upload(HttpExchange& exchange) {
  const auto announced = announced_bytes(exchange);
  if (announced && *announced > settings_.size_limit_bytes + kMultipartExtraBytes) {
    co_return failed(too_large(settings_.size_limit_bytes));
  }
  auto video = store_.begin();
  if (!video) co_return failed(video.error());
  auto received = co_await receive(exchange, **video);
  if (received && (*video)->bytes() == 0) received = fail(Errc::invalid, "the upload is empty");
  if (!received) co_return failed(received.error());

  auto keeping = keep_on_disk(store_, std::move(*video));
  auto kept = co_await asio::co_spawn(disk_, std::move(keeping), asio::use_awaitable);
  if (!kept) co_return failed(kept.error());
  auto announcing = announce(std::move(*kept));
  co_return co_await std::move(announcing);
}

asio::awaitable<Result<void>> UploadService::receive(HttpExchange& exchange,
                                                     IncomingVideo& video) const {
  std::optional<MultipartFile> multipart;
  if (auto boundary = multipart_boundary(exchange.header("Content-Type"))) {
    multipart.emplace(*boundary);
  }
  std::vector<char> piece(kPieceBytes);
  while (true) {
    auto count = co_await exchange.read_some(std::span<char>(piece));
    if (!count) co_return std::unexpected(count.error());
    if (*count == 0) break;
    std::string_view bytes(piece.data(), *count);
    std::string of_file;
    if (multipart) {
      auto found = multipart->feed(bytes);
      if (!found) co_return fail(Errc::invalid, found.error().message);
      of_file = std::move(*found);
      bytes = of_file;
    }
    if (video.bytes() + bytes.size() > settings_.size_limit_bytes) {
      co_return std::unexpected(too_large(settings_.size_limit_bytes));
    }
    if (auto written = video.append(bytes); !written) co_return written;
  }
  if (multipart && !multipart->complete()) {
    co_return fail(Errc::invalid, "the form holds no file, or its end is missing");
  }
  co_return Result<void>{};
}

// The record comes after the file, so that no worker is ever sent to a video that is not there.
UploadService::Answer UploadService::announce(KeptVideo video) {
  const Job job{.job_id = video.job_id,
                .url = settings_.public_url + "/videos/" + video.job_id,
                .bytes = video.bytes,
                .sha256 = video.sha256};
  auto publishing = publisher_.publish(job.job_id, to_record(job));
  auto acknowledged = co_await std::move(publishing);
  if (!acknowledged) {
    store_.remove(job.job_id);
    log::warn("upload refused job_id={} why=\"{}\"", job.job_id, acknowledged.error().message);
    auto response = problem_response(503, "Try again later", acknowledged.error().message);
    response.headers.emplace_back("Retry-After", "5");
    co_return response;
  }
  events_.write("record_acknowledged", {{"job_id", job.job_id},
                                        {"partition", acknowledged->partition},
                                        {"offset", acknowledged->offset}});
  log::info("upload accepted job_id={} bytes={} partition={} offset={}", job.job_id, job.bytes,
            acknowledged->partition, acknowledged->offset);
  const json::object answer{{"job_id", job.job_id},
                            {"bytes", job.bytes},
                            {"sha256", job.sha256},
                            {"partition", acknowledged->partition},
                            {"result", "/results/" + job.job_id}};
  auto response = json_response(201, json::serialize(answer));
  response.headers.emplace_back("Location", "/results/" + job.job_id);
  co_return response;
}

UploadService::Answer UploadService::put_result(HttpExchange& exchange, std::string job_id) {
  if (exchange.header("If-None-Match") != "*") {
    co_return problem_response(428, "Precondition required",
                               "a result is written once: send If-None-Match: *");
  }
  const std::string worker(exchange.header("Eco-Worker"));
  auto body = co_await exchange.read_body(kResultBytesMax);
  if (!body) co_return failed(body.error());
  if (!is_json_object(*body)) {
    co_return problem_response(400, "Bad request", "a result is a JSON object");
  }
  if (!store_.has_video(job_id)) co_return no_such("no video of job " + job_id);
  auto storing = store_on_disk(store_, job_id, std::move(*body));
  auto stored = co_await asio::co_spawn(disk_, std::move(storing), asio::use_awaitable);
  if (!stored && stored.error().code == Errc::conflict) {
    events_.write("result_refused", {{"job_id", job_id}, {"worker", worker}});
    co_return problem_response(412, "Precondition failed", stored.error().message);
  }
  if (!stored) co_return failed(stored.error());
  events_.write("result_stored", {{"job_id", job_id}, {"worker", worker}});
  log::info("result stored job_id={} worker={}", job_id, worker);
  co_return json_response(201, json::serialize(json::object{{"job_id", job_id}}));
}

asio::awaitable<void> UploadService::send_video(HttpExchange& exchange, std::string job_id) const {
  std::ifstream in(store_.video_file(job_id), std::ios::binary);
  HttpHeaders headers{{"Content-Type", "application/octet-stream"}};
  auto begun = co_await exchange.begin_stream(200, std::move(headers));
  while (begun && in) {
    std::string piece(kPieceBytes, '\0');
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(in.gcount()));
    if (piece.empty()) break;
    begun = co_await exchange.write(std::move(piece));
  }
}

HttpResponse UploadService::get_result(const std::string& job_id) const {
  auto result = store_.result(job_id);
  if (!result) return no_such(result.error().message);
  return json_response(200, std::move(*result));
}

HttpResponse UploadService::list_results() const {
  json::array ids;
  for (const auto& id : store_.result_ids(kListedMax)) ids.emplace_back(id);
  return json_response(200, json::serialize(json::object{{"count", store_.result_count()},
                                                         {"job_ids", std::move(ids)}}));
}

HttpResponse UploadService::failed(const Error& error) const {
  switch (error.code) {
    case Errc::too_large: return problem_response(413, "Too large", error.message);
    case Errc::invalid:
    case Errc::protocol: return problem_response(400, "Bad request", error.message);
    case Errc::timeout: return problem_response(408, "Request timeout", error.message);
    case Errc::unreachable:  // the client has gone; nobody reads this
      return problem_response(400, "Bad request", error.message);
    default: break;
  }
  log::error("request failed why=\"{}\"", error.message);
  return problem_response(500, "Internal error", "see the service's log");
}

}  // namespace ecokube::video
