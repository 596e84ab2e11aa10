#include "cli/run.h"

#include <pwd.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/client.h"
#include "cli/enrolment.h"
#include "cli/offline_wake.h"
#include "cli/views.h"
#include "cli/wait.h"
#include "common/durable_file.h"
#include "common/http_client.h"

namespace ecokube::cli {
namespace {

namespace json = boost::json;
using View = std::string (*)(const json::object&, bool);

constexpr std::chrono::milliseconds kPollEvery{500};

bool colours() {
  static const bool wanted = ::isatty(STDOUT_FILENO) == 1 && ::getenv("NO_COLOR") == nullptr;
  return wanted;
}

int failed(const Error& error) {
  std::cerr << "ecoctl: " << error.message << "\n";
  return error.code == Errc::config ? kExitUsage : kExitFailed;
}

void print(const Command& command, const json::object& document, View view) {
  std::cout << (command.json ? pretty(document) : view(document, colours())) << std::flush;
}

int show(const Command& command, ApiClient& client, const std::string& path, View view) {
  const auto document = client.get(path);
  if (!document) return failed(document.error());
  print(command, *document, view);
  return kExitOk;
}

int doctor(const Command& command, ApiClient& client) {
  const auto document = client.get("/api/v1/doctor");
  if (!document) return failed(document.error());
  print(command, *document, doctor_view);
  return text_at(*document, "level") == "problem" ? kExitFailed : kExitOk;
}

std::string node_path(const Command& command, std::string_view last) {
  return "/api/v1/nodes/" + percent_encode(command.node) + "/" + std::string(last);
}

/// "NAMESPACE/POD" in place of a node, whose name has no slash; empty: it is none.
std::string pod_path(const Command& command) {
  const auto slash = command.node.find('/');
  if (slash == std::string::npos) return {};
  return "/api/v1/pods/" + percent_encode(command.node.substr(0, slash)) + "/" +
         percent_encode(command.node.substr(slash + 1)) + "/explanation";
}

void print_event(const Command& command, const json::object& event) {
  std::cout << (command.json ? json::serialize(event) + "\n" : event_view(event, colours()))
            << std::flush;
}

int events(const Command& command, ApiClient& client) {
  const auto kept = client.get("/api/v1/events");
  if (!kept) return failed(kept.error());
  std::uint64_t last = 0;
  if (const auto* list = kept->if_contains("events"); list != nullptr && list->is_array()) {
    for (const auto& event : list->get_array()) {
      print_event(command, event.as_object());
      last = static_cast<std::uint64_t>(number_at(event.as_object(), "id"));
    }
  }
  if (!command.follow) return kExitOk;
  const auto ended = client.follow(last, [&](const json::object& event) {
    print_event(command, event);
    return std::cout.good();
  });
  if (!ended) return failed(ended.error());
  std::cerr << "ecoctl: the coordinator has ended the stream\n";
  return kExitFailed;
}

/// A document for a machine, and nothing else: it goes into a file.
int wake_bundle(const Command& command, ApiClient& client) {
  const auto document = client.get("/api/v1/wake-bundle");
  if (!document) return failed(document.error());
  if (command.output.empty()) {
    std::cout << pretty(*document) << std::flush;
    return kExitOk;
  }
  const auto written = replace_synced(command.output, pretty(*document), FileMode::owner_only);
  return written ? kExitOk : failed(written.error());
}

/// Who asks, for the record: the person behind sudo where there is one.
std::string asker() {
  if (const char* user = ::getenv("SUDO_USER"); user != nullptr && *user != '\0') return user;
  const auto* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

int wait_for(const Command& command, ApiClient& client, const json::object& before,
             std::int64_t asked_at_ms) {
  const bool tell = !command.json && ::isatty(STDOUT_FILENO) == 1;
  const auto until = std::chrono::steady_clock::now() + command.timeout;
  std::string told;
  while (true) {
    const auto now = client.get(node_path(command, "explanation"));
    if (!now) return failed(now.error());
    const auto progress = progress_of(command.verb, asked_at_ms, before, *now);
    if (progress.state != Progress::State::under_way) {
      const bool done = progress.state == Progress::State::done;
      if (command.json) std::cout << pretty(*now);
      if (!command.json) std::cout << command.node << ": " << progress.text << "\n";
      return done ? kExitOk : kExitFailed;
    }
    const auto line = text_at(*now, "state") + ": " + progress.text;
    if (tell && line != told) std::cout << "  " << line << std::endl;
    told = line;
    if (std::chrono::steady_clock::now() >= until) {
      return failed({Errc::timeout, command.node + " is still " + text_at(*now, "state") + ". " +
                                        progress.text + " The request stands; see ecoctl explain " +
                                        command.node});
    }
    client.pause(kPollEvery);
  }
}

int ask(const Command& command, ApiClient& client) {
  json::object before;
  if (command.wait) {
    auto explanation = client.get(node_path(command, "explanation"));
    if (!explanation) return failed(explanation.error());
    before = std::move(*explanation);
  }
  json::object body{{"by", asker()}};
  if (!command.reason.empty()) body["reason"] = command.reason;
  if (command.stay) body["for_s"] = command.stay->count();
  const auto answer = client.post(node_path(command, to_string(command.verb)), body);
  if (!answer) return failed(answer.error());
  if (!command.json || !command.wait) print(command, *answer, asked_view);
  if (!command.wait) return kExitOk;
  const auto asked_at_ms = static_cast<std::int64_t>(number_at(*answer, "asked_at_ms"));
  return wait_for(command, client, before, asked_at_ms);
}

/// An evacuation is over when each node of a pool is up and bears no mark of ours.
int wait_for_all(const Command& command, ApiClient& client) {
  const bool tell = !command.json && ::isatty(STDOUT_FILENO) == 1;
  const auto until = std::chrono::steady_clock::now() + command.timeout;
  std::string told;
  while (true) {
    const auto now = client.get("/api/v1/nodes");
    if (!now) return failed(now.error());
    const auto left = not_back(*now);
    if (left.empty()) break;
    if (tell && left != told) std::cout << "  not back yet: " << left << std::endl;
    told = left;
    if (std::chrono::steady_clock::now() >= until) {
      return failed({Errc::timeout, "not back yet: " + left +
                                        "; ecoctl explain NODE says why. The evacuation stands."});
    }
    client.pause(kPollEvery);
  }
  if (!command.json) std::cout << "Every node is on and bears no mark of ours.\n";
  return kExitOk;
}

int ask_all(const Command& command, ApiClient& client) {
  json::object body{{"by", asker()}};
  if (!command.reason.empty()) body["reason"] = command.reason;
  const auto path = "/api/v1/fleet/" + std::string(to_string(command.verb));
  const auto answer = client.post(path, body);
  if (!answer) return failed(answer.error());
  print(command, *answer, asked_all_view);
  return command.verb == Verb::evacuate ? wait_for_all(command, client) : kExitOk;
}

int enrolment(const Command& command, ApiClient& client) {
  const auto answer = ask_enrolment(command, client, asker());
  if (!answer) return failed(answer.error());
  std::cout << (command.json ? pretty(*answer) : enrolment_view(command.verb, *answer))
            << std::flush;
  return kExitOk;
}

}  // namespace

int run(const Command& command) try {
  if (command.is_offline()) return wake_offline(command);
  const auto client = make_api_client(command);
  if (!client) return failed(client.error());
  auto& api = **client;
  switch (command.verb) {
    case Verb::nodes: return show(command, api, "/api/v1/nodes", nodes_view);
    case Verb::fleet: return show(command, api, "/api/v1/fleet", fleet_view);
    case Verb::explain:
      if (const auto pod = pod_path(command); !pod.empty()) {
        return show(command, api, pod, pod_explanation_view);
      }
      return show(command, api, node_path(command, "explanation"), explanation_view);
    case Verb::doctor: return doctor(command, api);
    case Verb::events: return events(command, api);
    case Verb::wake_bundle: return wake_bundle(command, api);
    case Verb::revoke:
    case Verb::token_list:
    case Verb::token_create:
    case Verb::token_delete: return enrolment(command, api);
    default: return command.is_for_all() ? ask_all(command, api) : ask(command, api);
  }
} catch (const std::exception& problem) {
  return failed(
      {Errc::protocol, std::string("the coordinator's answer is not readable: ") + problem.what()});
}

}  // namespace ecokube::cli
