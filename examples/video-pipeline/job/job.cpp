#include "examples/video-pipeline/job/job.h"

#include <openssl/rand.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <new>

namespace ecokube::video {
namespace {

constexpr std::size_t kJobIdDigits = 32;
constexpr std::size_t kSha256Digits = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

std::string text_of(const boost::json::object& record, std::string_view key) {
  const auto* value = record.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

bool is_job_id(std::string_view text) { return is_hex(text, kJobIdDigits); }

std::string new_job_id() {
  std::array<unsigned char, kJobIdDigits / 2> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::bad_alloc();
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kHexDigits[byte / 16U];
    text += kHexDigits[byte % 16U];
  }
  return text;
}

std::string to_record(const Job& job) {
  return boost::json::serialize(boost::json::object{
      {"job_id", job.job_id}, {"url", job.url}, {"bytes", job.bytes}, {"sha256", job.sha256}});
}

Result<Job> parse_record(std::string_view record) {
  boost::system::error_code error;
  const auto value = boost::json::parse(record, error);
  if (error || !value.is_object()) return fail(Errc::invalid, "record is no JSON object");
  const auto& object = value.get_object();
  Job job{.job_id = text_of(object, "job_id"),
          .url = text_of(object, "url"),
          .bytes = 0,
          .sha256 = text_of(object, "sha256")};
  const auto* bytes = object.if_contains("bytes");
  if (!is_job_id(job.job_id)) return fail(Errc::invalid, "record without a valid job_id");
  if (job.url.empty()) return fail(Errc::invalid, "record of job " + job.job_id + " without url");
  if (!is_hex(job.sha256, kSha256Digits)) {
    return fail(Errc::invalid, "record of job " + job.job_id + " without a valid sha256");
  }
  if (bytes == nullptr || !bytes->is_number()) {
    return fail(Errc::invalid, "record of job " + job.job_id + " without bytes");
  }
  job.bytes = bytes->to_number<std::uint64_t>(error);
  if (error) return fail(Errc::invalid, "record of job " + job.job_id + " with impossible bytes");
  return job;
}

}  // namespace ecokube::video
