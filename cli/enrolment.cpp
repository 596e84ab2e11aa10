#include "cli/enrolment.h"

#include <boost/json.hpp>

#include "cli/table.h"
#include "cli/views.h"
#include "common/http_client.h"

namespace ecokube::cli {
namespace {

namespace json = boost::json;

constexpr auto* kTokens = "/api/v1/tokens";

std::string created_view(const json::object& token) {
  const auto node = text_at(token, "node");
  return "Run this on the node, as root:\n\n  " + text_at(token, "command") +
         "\n\nThe token is good once, until " + text_at(token, "expires_at") + ", for " +
         (node.empty() ? "any name that is not taken" : node) +
         ".\nTo keep it out of the list of processes, put it into a file and say --token-file.\n";
}

std::string list_view(const json::object& document) {
  std::vector<std::vector<Cell>> rows;
  rows.push_back({{"ID"}, {"NODE"}, {"EXPIRES"}, {"MADE BY"}, {"USED BY"}});
  for (const auto& entry : document.at("tokens").as_array()) {
    const auto& token = entry.as_object();
    const auto shown = [&](const char* key) {
      auto text = text_at(token, key);
      return text.empty() ? std::string("-") : text;
    };
    rows.push_back(
        {shown("id"), shown("node"), shown("expires_at"), shown("created_by"), shown("used_by")});
  }
  return table(rows, {}, false);
}

}  // namespace

Result<json::object> ask_enrolment(const Command& command, ApiClient& client,
                                   const std::string& asker) {
  json::object body{{"by", asker}};
  switch (command.verb) {
    case Verb::token_list: return client.get(kTokens);
    case Verb::token_delete:
      return client.remove(std::string(kTokens) + "/" + percent_encode(command.token_id));
    case Verb::token_create:
      if (!command.node.empty()) body["node"] = command.node;
      if (command.stay) body["for_s"] = command.stay->count();
      return client.post(kTokens, body);
    default:
      if (!command.reason.empty()) body["reason"] = command.reason;
      return client.post("/api/v1/nodes/" + percent_encode(command.node) + "/revoke", body);
  }
}

std::string enrolment_view(Verb verb, const json::object& document) {
  switch (verb) {
    case Verb::token_list: return list_view(document);
    case Verb::token_create: return created_view(document);
    case Verb::token_delete: return "deleted " + text_at(document, "deleted") + "\n";
    default:
      return text_at(document, "node") +
             ": its certificates are worth nothing any more and its connection is ended.\n";
  }
}

}  // namespace ecokube::cli
