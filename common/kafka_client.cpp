#include "common/kafka_client.h"

#include <array>
#include <utility>

#include "common/log.h"

namespace ecokube {
namespace {

constexpr std::size_t kErrorTextBytes = 512;

// Called from librdkafka's own threads. Its lines repeat with every attempt to connect, so they are
// for debugging; each user of a client says once what its failure means.
void log_line(const rd_kafka_t* client, int /*level*/, const char* facility, const char* text) {
  log::debug("librdkafka client={} facility={} {}", rd_kafka_name(client), facility, text);
}

}  // namespace

KafkaSettings::KafkaSettings() : conf_(rd_kafka_conf_new()) {
  rd_kafka_conf_set_log_cb(conf_, log_line);
  set("client.id", "eco-kube");
  set("reconnect.backoff.ms", "100");
  set("reconnect.backoff.max.ms", "1000");
  set("log.connection.close", "false");
}

KafkaSettings::~KafkaSettings() {
  if (conf_ != nullptr) rd_kafka_conf_destroy(conf_);
}

KafkaSettings& KafkaSettings::set(const char* key, const std::string& value) {
  std::array<char, kErrorTextBytes> text{};
  const auto result = rd_kafka_conf_set(conf_, key, value.c_str(), text.data(), text.size());
  if (result != RD_KAFKA_CONF_OK && problem_.empty()) {
    problem_ = std::string("Kafka setting ") + key + " = '" + value + "': " + text.data();
  }
  return *this;
}

Result<KafkaClient> KafkaSettings::build(rd_kafka_type_t type) {
  if (!problem_.empty()) return fail(Errc::config, problem_);
  std::array<char, kErrorTextBytes> text{};
  rd_kafka_t* client = rd_kafka_new(type, conf_, text.data(), text.size());
  if (client == nullptr) {
    return fail(Errc::config, std::string("making a Kafka client: ") + text.data());
  }
  conf_ = nullptr;  // the client owns it now
  return KafkaClient(client);
}

std::string_view kafka_words(rd_kafka_resp_err_t code) { return rd_kafka_err2str(code); }

}  // namespace ecokube
