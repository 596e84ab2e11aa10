#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/plan.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/world.h"

namespace ecokube::core::test {

/// What is so, whoever knows it.
struct Machine {
  enum class Phase { off, booting, up, dying };
  Phase phase = Phase::up;
  int boot = 1;
  bool agent_up = true;
  bool goodbye_said = false;
  std::uint64_t session = 0;  ///< 0: not connected to the present coordinator
  std::uint64_t sequence = 0;
  std::int64_t fence = 0;  ///< the highest seen
  std::int64_t command_fence = 0;
  std::string command_id;
  bool dead_on_next_wake = false;
  bool dead = false;     ///< nothing starts it any more
  TimePoint deaf_until;  ///< to packets
  TimePoint off_since;
  std::optional<Duration> deaf_after;       ///< to packets, once it was off for so long
  int slowness = 1;                         ///< its boots take so many times as long
  Duration flashes{};                       ///< its next boot takes that much longer
  std::int64_t wake_heard = 0;              ///< the transition whose loss has been drawn
  bool wake_lost = false;                   ///< none of that one's packets arrives
  SleepMode sleeps = SleepMode::power_off;  ///< while it is off: how
  std::uint32_t resumes = 0;                ///< since its boot
  std::string installed;  ///< fingerprint of what it boots next; empty: its agent does not tell
  std::string machine_id, smbios_uuid;  ///< as its agent tells; empty: its own
  TimePoint kubelet_seen;
};

/// Where the coordinator is killed: at its n-th step (counted from 1), at one of four moments.
enum class KillMoment { before_start, before_act, after_act, after_end };
struct KillPoint {
  int step = 0;
  KillMoment moment = KillMoment::before_start;
  bool keep_store = true;
};

/// What goes wrong by itself, each in a hundred wakes or boots.
struct Faults {
  int wakes_lost = 0;  ///< none of a wake's packets arrives
  int boots_slow = 0;
  int slowness = 3;
  Duration boot_min{10'000}, boot_max{40'000};
};

/// A pod of so many takes a node for itself.
constexpr std::int64_t kWholeNode = 3900;  // mCPU

/// worker_policy() with short deadlines.
[[nodiscard]] Policy fast_policy();

/// A whole fleet in virtual time: machines, a Kubernetes, agents, and a coordinator that does what
/// the core plans just as production does. One seed is one history.
class MiniFleet {
 public:
  MiniFleet(std::uint64_t seed, int workers, bool trouble);
  MiniFleet(std::uint64_t seed, int workers, bool trouble, Policy given);

  void run_for(Duration time);
  /// Runs until `done`; false when it never came true within the limit.
  bool run_until(const std::function<bool()>& done, Duration limit);
  /// The process dies and another one starts a moment later.
  void kill(bool keep_store);
  void kill_at(KillPoint point) { kill_point_ = point; }
  /// A pod that runs for `life` once it is bound.
  void add_pod(Duration life, std::int64_t millicores = 3000, const std::string& scheduler = "");

  /// Every machine has a BMC, which is read every few seconds; with trouble some readings fail,
  /// some are late, and orders are taken and not carried out.
  void give_bmcs();
  /// One in three machines hangs on its way down, and its pool lets its BMC end that.
  void hang_on_the_way_down();
  /// Every machine can suspend, and its pool wants that.
  void let_suspend();
  [[nodiscard]] std::int64_t resumes() const { return resumes_; }
  /// This one hangs, once; from its last word until it was cut.
  void make_hang(const NodeName& name) { hanging_.insert(name); }
  [[nodiscard]] Duration time_to_cut() const { return time_to_cut_; }
  [[nodiscard]] int cuts() const { return cuts_; }
  [[nodiscard]] std::int64_t boots() const { return boots_; }  ///< that a packet or order began
  /// The longest that a pod waited for its node, evicted ones from then on.
  [[nodiscard]] Duration longest_wait() const { return longest_wait_; }
  [[nodiscard]] std::int64_t pods_waiting() const { return std::ssize(added_at_); }
  [[nodiscard]] std::int64_t pods_left() const { return std::ssize(pods_); }
  /// From now on the readings of each come under the other's name.
  void swap_bmcs(const NodeName& a, const NodeName& b) { swapped_ = {{a, b}, {b, a}}; }
  /// The mains fail: off, under whatever runs there.
  void cut(const NodeName& name);
  /// It goes off because its UPS says so; for so long there is no power for it.
  void switch_off_by_ups(const NodeName& name, Duration dark);
  /// It boots, and nobody has asked it to.
  void start_by_itself(const NodeName& name);
  /// The process is gone, and none follows until start().
  void stop();
  void start() { start_process(false); }
  /// All that run boot this from now on; their agents tell it. A bad one hangs at each boot.
  void install(const std::string& fingerprint, bool bad);
  /// That it was ever woken: nobody has seen that, nor will know of it.
  void forget_proof(const NodeName& name);
  /// Machines that hang in a bad boot.
  [[nodiscard]] int lost() const;
  /// No magic packet is heard any more.
  void deafen() { deaf_ = true; }

  /// A person at the API.
  void ask(const NodeName& name, PersonVerb verb);
  /// All pods of the fleet are under one budget; evictions within a minute are refused beyond it.
  void set_evictions_a_minute(int allowed) { evictions_a_minute_ = allowed; }
  [[nodiscard]] int evictions() const { return evictions_; }
  [[nodiscard]] int binds() const { return binds_; }  ///< by the coordinator
  [[nodiscard]] int failovers() const { return failovers_; }
  /// By somebody else's hand.
  void cordon(const NodeName& name);
  void taint(const NodeName& name, Taint taint);
  /// The cluster's objects are kept, and later swapped for what was kept: pods that ended are back,
  /// and later ones never were.
  void back_up() { backup_ = {nodes_, pods_, revision_}; }
  void restore();
  [[nodiscard]] const KubeNode& node(const NodeName& name) const { return nodes_.at(name); }

  [[nodiscard]] bool all_pods_done() const { return pods_.empty(); }
  [[nodiscard]] bool all_off() const;
  [[nodiscard]] bool all_asleep() const;  ///< off, and known as PoweredDown
  /// All are off; one that could not be woken in its time, or died, need not be known as such.
  [[nodiscard]] bool all_down() const;
  /// Gives each of them work that takes a whole node, and waits until all of it is done.
  [[nodiscard]] bool all_can_be_woken();
  [[nodiscard]] bool up_and_clean(const NodeName& name) const;
  [[nodiscard]] std::string describe() const;
  [[nodiscard]] int steps_started() const { return steps_started_; }
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  [[nodiscard]] std::int64_t draw(std::int64_t from, std::int64_t to);

  /// Called with each step that check() let pass, before it starts.
  std::function<void(const Step&, const World&, TimePoint)> on_step;
  /// Called with what the core says no decision hangs on, before it is applied.
  std::function<void(const Observation&)> on_nothing_new;
  Duration coalesce{1};  ///< from news to the decision; longer where a fleet is large
  Faults faults;
  Policy policy;
  World world;
  TimePoint now;
  std::map<NodeName, Machine> machines;

 private:
  void at(TimePoint when, std::function<void()> what);
  void in(std::int64_t from_ms, std::int64_t to_ms, std::function<void()> what);
  /// Dropped when the process that it belongs to was killed meanwhile.
  void in_process(std::int64_t from_ms, std::int64_t to_ms, std::function<void()> what);
  bool chance(int percent) { return trouble_ && draw(1, 100) <= percent; }
  void error(const std::string& text);

  // The coordinator.
  void start_process(bool keep_store);
  void post(Fact fact);
  void turn();
  bool start_step(const Step& step);
  void act_on(const Step& step);
  void finish(const Step& step, StepEnded ended);
  bool dies_at(KillMoment moment, int step);
  void remember();
  void renew();

  // Kubernetes.
  void changed(const NodeName& name);
  void changed_pod(const std::string& uid);
  void watch(Fact fact);
  void list_all(bool went_backwards);
  StepEnded perform(const Step& step);
  StepEnded mark(const Step& step);
  StepEnded unmark(const Step& step);
  StepEnded annotate(const Step& step);
  StepEnded soft_taint(const Step& step);
  StepEnded bind_for_us(const Step& step);
  StepEnded report(const Step& step);
  StepEnded set_service(const Step& step);
  StepEnded order_off(const Step& step);
  StepEnded evict(const Step& step);
  void end_pod(const std::string& uid);
  StepEnded list(const Step& step);
  void schedule_pods();
  void schedule(const std::vector<std::string>& waiting, Duration view_age);
  [[nodiscard]] bool bindable(const KubeNode& node, Duration view_age) const;
  void bind(KubePod& pod, const NodeName& node);
  void kubelet(const NodeName& name);

  // Machines and agents.
  StepEnded shutdown(const Step& step);
  void wake(const Step& step);
  [[nodiscard]] Duration boot_time(Machine& machine);
  /// From its firmware on; it is up after `time`.
  void boot(const NodeName& name, Duration time);
  void read_bmc(const NodeName& name);
  void power_off(const NodeName& name);
  void come_up(const NodeName& name, int boot);
  void resume(const NodeName& name);
  void be_up(const NodeName& name);
  [[nodiscard]] std::string life_of(const NodeName& name) const;
  void connect(const NodeName& name);
  void drop_link(const NodeName& name);
  void beat(const NodeName& name, std::uint64_t session);
  void make_trouble();
  [[nodiscard]] Inventory inventory(const NodeName& name) const;

  bool trouble_;
  bool deaf_ = false;
  std::set<std::string> bad_boots_;
  std::map<NodeName, NodeName> swapped_;
  std::mt19937_64 random_;
  std::multimap<TimePoint, std::function<void()>> events_;
  std::vector<std::string> errors_;

  bool running_ = false;
  std::int64_t process_ = 0;  ///< also the fence
  std::optional<KillPoint> kill_point_;
  int steps_started_ = 0;
  std::optional<TimePoint> next_turn_;
  std::map<NodeName, RememberedNode> saved_;
  std::set<StepId> intents_;

  Revision revision_ = 100;
  TimePoint watch_until_;
  Revision watched_ = 0;
  std::map<NodeName, KubeNode> nodes_;
  std::map<NodeName, TimePoint> marked_at_;
  std::map<std::string, KubePod> pods_;
  std::map<std::string, Duration> lives_;
  int pods_made_ = 0;
  int evictions_a_minute_ = 100;
  int evictions_ = 0;
  int binds_ = 0;
  int failovers_ = 0;
  int cuts_ = 0;
  std::int64_t boots_ = 0;
  std::int64_t resumes_ = 0;
  bool can_suspend_ = false;
  Duration longest_wait_{};
  std::map<std::string, TimePoint> added_at_;
  bool hangs_ = false;
  std::set<NodeName> hanging_;
  std::optional<TimePoint> hung_at_;
  Duration time_to_cut_{};
  std::vector<TimePoint> evicted_at_;
  std::uint64_t sessions_ = 0;

  struct Backup {
    std::map<NodeName, KubeNode> nodes;
    std::map<std::string, KubePod> pods;
    Revision revision = 0;
  };
  Backup backup_;
  int past_ = 0;  ///< counts restores: what a watch had under way then is lost
};

}  // namespace ecokube::core::test
