#include "cli/command.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>

namespace ecokube::cli {

std::string_view to_string(Verb verb) {
  switch (verb) {
    case Verb::nodes: return "nodes";
    case Verb::fleet: return "fleet";
    case Verb::explain: return "explain";
    case Verb::doctor: return "doctor";
    case Verb::events: return "events";
    case Verb::wake_bundle: return "wake-bundle";
    case Verb::wake: return "wake";
    case Verb::sleep: return "sleep";
    case Verb::hold: return "hold";
    case Verb::release: return "release";
    case Verb::test_wake: return "test-wake";
    case Verb::unquarantine: return "unquarantine";
    case Verb::revoke: return "revoke";
    case Verb::token_list: return "token list";
    case Verb::token_create: return "token create";
    case Verb::token_delete: return "token delete";
    case Verb::freeze: return "freeze";
    case Verb::evacuate: return "evacuate";
    case Verb::unfreeze: return "unfreeze";
  }
  return "?";
}

Result<std::chrono::seconds> parse_time(std::string_view text) {
  using std::chrono::seconds;
  constexpr std::int64_t kMax_s = 366LL * 24 * 3600;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::int64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1;
  if (unit == "m" || unit == "min") factor = 60;
  if (unit == "h") factor = 3600;
  if (unit == "d") factor = 24LL * 3600;
  if (error != std::errc{} || factor == 0 || count < 1 || count > kMax_s / factor) {
    return fail(Errc::invalid,
                "\"" + std::string(text) + "\" is no time; write 90s, 15m, 1h or 2d, at most 366d");
  }
  return seconds(count * factor);
}

namespace {

/// Reads a time into `into` and says what is wrong with it.
CLI::callback_t time_reader(std::function<void(std::chrono::seconds)> into) {
  return [into = std::move(into)](const CLI::results_t& texts) {
    const auto time = parse_time(texts.back());
    if (!time) throw CLI::ValidationError(time.error().message);
    into(*time);
    return true;
  };
}

CLI::App* add_verb(CLI::App& app, Command& command, Verb verb, const std::string& help) {
  auto* sub = app.add_subcommand(std::string(to_string(verb)), help);
  sub->callback([&command, verb] { command.verb = verb; });
  return sub;
}

CLI::App* add_node_verb(CLI::App& app, Command& command, Verb verb, const std::string& help) {
  auto* sub = add_verb(app, command, verb, help);
  sub->add_option("NODE", command.node, "The node's name")->required();
  return sub;
}

void add_reason(CLI::App& sub, Command& command, const std::string& for_help) {
  sub.add_option("--reason", command.reason, "Why; shown to others")->type_name("TEXT");
  if (for_help.empty()) return;
  sub.add_option("--for", time_reader([&](auto time) { command.stay = time; }), for_help)
      ->type_name("TIME");
}

void add_wait(CLI::App& sub, Command& command) {
  sub.add_flag("--wait", command.wait, "Wait until it is done, and fail if it is not");
  sub.add_option("--timeout", time_reader([&](auto time) { command.timeout = time; }),
                 "How long to wait (default 15m)")
      ->type_name("TIME");
}

/// "ecoctl token create": a verb of one group.
CLI::App* add_word(CLI::App& group, Command& command, Verb verb, const std::string& word,
                   const std::string& help) {
  auto* sub = group.add_subcommand(word, help);
  sub->callback([&command, verb] { command.verb = verb; });
  return sub;
}

void add_enrolment_verbs(CLI::App& app, Command& command) {
  auto* token = app.add_subcommand("token", "What lets a machine in as a node, once");
  token->require_subcommand(1);
  auto* create = add_word(*token, command, Verb::token_create, "create",
                          "Make one, and say what to run on the node");
  create->add_option("--node", command.node, "The only node it is for (default: any new name)")
      ->type_name("NAME");
  create
      ->add_option("--valid", time_reader([&](auto time) { command.stay = time; }),
                   "How long it may be used (default 1h)")
      ->type_name("TIME");
  add_word(*token, command, Verb::token_list, "list", "Those that were made lately");
  add_word(*token, command, Verb::token_delete, "delete", "Make one useless")
      ->add_option("ID", command.token_id, "The part before the dot; see token list")
      ->required();
  auto* node = app.add_subcommand("node", "Who may be a node");
  node->require_subcommand(1);
  auto* revoke = add_word(*node, command, Verb::revoke, "revoke",
                          "Make a node's certificates worthless and end its connection");
  revoke->add_option("NODE", command.node, "The node's name")->required();
  add_reason(*revoke, command, "");
}

void add_fleet_verbs(CLI::App& app, Command& command) {
  const auto reason = [&](CLI::App& sub) {
    return sub.add_option("--reason", command.reason, "Why; shown to others")->type_name("TEXT");
  };
  auto* freeze = add_verb(app, command, Verb::freeze,
                          "Switch nothing off any more, whoever leads, until unfreeze");
  reason(*freeze)->required();
  auto* evacuate = add_verb(app, command, Verb::evacuate,
                            "Freeze, wake every node and wait for it: before Eco-Kube is removed");
  reason(*evacuate)->required();
  evacuate
      ->add_option("--timeout", time_reader([&](auto time) { command.timeout = time; }),
                   "How long to wait (default 15m)")
      ->type_name("TIME");
  reason(*add_verb(app, command, Verb::unfreeze, "End a freeze or an evacuation"));
}

void add_wake(CLI::App& app, Command& command) {
  auto* wake = add_verb(app, command, Verb::wake, "Switch a node on and keep it on for a time");
  wake->add_option("NODE", command.node, "The node's name");
  add_reason(*wake, command, "How long it is kept on (default 1h)");
  add_wait(*wake, command);
  auto* offline = wake->add_option("--offline", command.bundle,
                                   "Ask nobody: wake NODE, or every node, of this bundle")
                      ->type_name("FILE");
  for (const char* of_the_coordinator : {"--reason", "--for", "--wait", "--timeout"}) {
    offline->excludes(wake->get_option(of_the_coordinator));
  }
  constexpr unsigned kRateMax = 60'000;
  wake->add_option("--rate", command.rate_per_min, "Offline: nodes that are started in a minute")
      ->type_name("NUMBER")
      ->check(CLI::Range(1U, kRateMax))
      ->capture_default_str()
      ->needs(offline);
  wake->add_flag(
          "--bmc", command.bmc,
          "Offline: each BMC is told to switch on, not only those that packets can't replace")
      ->needs(offline);
}

void add_verbs(CLI::App& app, Command& command) {
  add_verb(app, command, Verb::nodes, "All nodes: state, power, pods and why");
  add_verb(app, command, Verb::fleet, "The whole at a glance: power, demand, plan");
  add_verb(app, command, Verb::explain,
           "Why a node is in its state and what would change it, or what a pod waits for")
      ->add_option("NODE", command.node, "The node's name, or NAMESPACE/POD")
      ->required();
  add_verb(app, command, Verb::doctor,
           "What keeps nodes from sleeping or waking; fails on a problem");
  auto* events = add_verb(app, command, Verb::events, "What happened lately");
  events->add_flag("-f,--follow", command.follow, "Go on with what happens now");

  auto* bundle = add_verb(app, command, Verb::wake_bundle,
                          "Print what wakes each node, to be kept for wake --offline");
  bundle
      ->add_option("-o,--output", command.output,
                   "Write it there, for its owner alone to read; what was there stays until then")
      ->type_name("FILE");
  add_wake(app, command);
  auto* sleep = add_node_verb(app, command, Verb::sleep,
                              "Empty a node and switch it off, as far as safety allows");
  add_reason(*sleep, command, "How long the request stands");
  add_wait(*sleep, command);
  auto* hold = add_node_verb(app, command, Verb::hold, "Leave a node as it is");
  add_reason(*hold, command, "When the hold ends by itself (default: never)");
  add_reason(*add_node_verb(app, command, Verb::release, "End a hold and what was asked for"),
             command, "");
  auto* test_wake = add_node_verb(app, command, Verb::test_wake,
                                  "Switch a node off and on again: proves that it can be woken");
  add_reason(*test_wake, command, "");
  add_wait(*test_wake, command);
  add_reason(*add_node_verb(app, command, Verb::unquarantine,
                            "End the quarantine of a node that did not wake, and try it again"),
             command, "");
  add_fleet_verbs(app, command);
  add_enrolment_verbs(app, command);
}

}  // namespace

std::variant<Command, int> parse_command(int argc, const char* const* argv,
                                         const std::string& version) {
  Command command;
  CLI::App app("Sees and steers the nodes that Eco-Kube switches off and on.", "ecoctl");
  app.set_version_flag("--version", version);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--socket", command.socket, "The coordinator's Unix socket")
      ->envname("ECOKUBE_SOCKET")
      ->capture_default_str()
      ->type_name("PATH");
  auto* server = app.add_option("--server", command.server,
                                "Read from http://HOST:PORT instead of the socket");
  server->type_name("URL");
  app.add_flag("--json", command.json, "Print the API's document");
  app.footer("Exit codes: 0 done, 1 refused or failed, 2 wrong usage.");
  add_verbs(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == kExitOk ? kExitOk : kExitUsage;
  }
  if (command.verb == Verb::wake && command.node.empty() && !command.is_offline()) {
    std::cerr << "wake needs a NODE, or --offline FILE for all nodes of a bundle\n";
    return kExitUsage;
  }
  if (command.is_for_root() && !command.server.empty()) {
    std::cerr << to_string(command.verb)
              << " is asked for on the coordinator's Unix socket only; leave --server out and run "
                 "it on the coordinator's host\n";
    return kExitUsage;
  }
  return command;
}

}  // namespace ecokube::cli
