/* SPDX-License-Identifier: MIT */
#include "fail_nth.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace
{

constexpr const char *debugfs = "/sys/kernel/debug/";
constexpr const char *kinds[] = {"failslab", "fail_page_alloc", "fail_usercopy"};
constexpr const char *places = "/sys/kernel/debug/drm_dep_faults/places";
constexpr const char *more_than_enough = "1000000000";

std::string read_line(const std::string &path)
{
	std::ifstream file(path);
	std::string line;

	std::getline(file, line);
	return line;
}

bool write_line(const std::string &path, const std::string &line)
{
	std::ofstream file(path);

	file << line;
	return static_cast<bool>(file.flush());
}

} // namespace

FailNth::~FailNth()
{
	for (auto knob = knobs_.rbegin(); knob != knobs_.rend(); knob++)
		write_line(knob->path, knob->old_value);
}

bool FailNth::set(const std::string &name, const std::string &value)
{
	const std::string path = debugfs + name;

	knobs_.push_back({path, read_line(path)});
	if (!knobs_.back().old_value.empty() && write_line(path, value))
		return true;
	knobs_.pop_back();
	return false;
}

/* Only what is done below this function of the kernel. */
bool FailNth::set_scope(const char *kind, const std::string &function)
{
	std::ifstream symbols("/proc/kallsyms");
	std::string start, type, name, line, before;
	int found = 0;

	while (std::getline(symbols, line) && found < 2) {
		std::istringstream(line) >> start >> type >> name;
		/* the function before ends here */
		if (before == function)
			found += set(std::string(kind) + "/require-end", "0x" + start);
		before = name;
		if (name == function)
			found += set(std::string(kind) + "/require-start", "0x" + start);
	}
	return found == 2;
}

std::string FailNth::set_up(Scope scope)
{
	scope_ = scope;
	fail_nth_.reset(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC));
	if (!fail_nth_)
		return "this kernel can't let allocations fail (CONFIG_FAULT_INJECTION, "
		       "CONFIG_FAILSLAB)";
	/* Allocations that may sleep are the ones of interest. */
	if (!set("failslab/ignore-gfp-wait", "N"))
		return std::string("can't set up ") + debugfs +
		       "failslab (is debugfs mounted, and are you root?)";
	/* Not every kernel has the others. */
	set("fail_page_alloc/ignore-gfp-wait", "N");
	set("fail_page_alloc/ignore-gfp-highmem", "N");
	/* A slab that gets no page is as good as an object that fails, and loading takes long. */
	set("fail_page_alloc/min-order", scope == Scope::module_init ? "3" : "0");
	/* One line for each, for the module that counts them; no stack dump. */
	const bool counted = access("/sys/kernel/debug/drm_dep_faults", F_OK) == 0;
	for (const char *kind : kinds) {
		set(std::string(kind) + "/verbose", counted ? "1" : "0");
		set(std::string(kind) + "/verbose_ratelimit_interval_ms", "0");
		set(std::string(kind) + "/times", more_than_enough);
	}
	if (scope != Scope::thread)
		for (const char *kind : kinds)
			if (!set_scope(kind, scope == Scope::kvmalloc ? "__kvmalloc_node_noprof"
								      : "do_one_initcall"))
				return "this kernel can't tell who allocates "
				       "(CONFIG_FAULT_INJECTION_STACKTRACE_FILTER)";
	write_line("/proc/thread-self/make-it-fail", "1");
	return {};
}

/* How often it may still fail: that tells which of them it was. */
long FailNth::left(const char *kind) const
{
	const std::string line = read_line(std::string(debugfs) + kind + "/times");

	return line.empty() ? 0 : std::stol(line);
}

void FailNth::arm(int nth)
{
	const std::string text = std::to_string(nth);

	for (std::size_t i = 0; i < std::size(kinds); i++)
		left_[i] = left(kinds[i]);
	EXPECT_EQ(pwrite(fail_nth_.get(), text.data(), text.size(), 0),
		  static_cast<ssize_t>(text.size()));
}

FailNth::Step FailNth::disarm()
{
	char text[16] = {};
	/* If this itself is what fails, the call had fewer steps. */
	const bool failed =
		pread(fail_nth_.get(), text, sizeof(text) - 1, 0) > 0 && std::stoi(text) == 0;
	/* This may fail, too, but only once. */
	bool is_off = false;
	for (int tries = 0; tries < 2 && !is_off; tries++)
		is_off = pwrite(fail_nth_.get(), "0", 1, 0) == 1;

	EXPECT_TRUE(is_off);
	if (!failed)
		return Step::none;
	for (std::size_t i = 0; i < std::size(kinds); i++)
		if (left(kinds[i]) != left_[i])
			return static_cast<Step>(i + 1);
	ADD_FAILURE() << "something was made to fail, but nothing says what";
	return Step::none;
}

FailNth::Sites FailNth::sites() const
{
	std::ifstream file(places);
	std::string line;
	Sites sites;

	if (scope_ != Scope::thread)
		return sites;
	while (std::getline(file, line)) {
		std::istringstream columns(line);
		std::string kind, module, where, function, at;
		long calls = 0;

		columns >> kind >> module >> where >> function >> at >> calls;
		if (kind == "site" && at != "-")
			sites[module + " " + at] += calls;
	}
	return sites;
}

/* @site: "MODULE FUNCTION+0xOFFSET". @return 0 if there is not just one of that name */
unsigned long FailNth::address_of(const std::string &site)
{
	const std::size_t plus = site.rfind('+');

	if (symbols_.empty()) {
		std::ifstream file("/proc/kallsyms");
		std::string line;

		while (std::getline(file, line)) {
			std::istringstream columns(line);
			std::string address, type, name, module;

			columns >> address >> type >> name >> module;
			if (module.size() > 2)
				symbols_.emplace(module.substr(1, module.size() - 2) + " " + name,
						 std::stoul(address, nullptr, 16));
		}
	}
	const std::string name = site.substr(0, plus);
	if (plus == std::string::npos || symbols_.count(name) != 1)
		return 0;
	return symbols_.find(name)->second + std::stoul(site.substr(plus + 1), nullptr, 16);
}

void FailNth::arm(const std::string &site)
{
	const unsigned long address = address_of(site);

	ASSERT_NE(address, 0u) << site << ": its address can't be found";
	for (const char *kind : {"failslab", "fail_page_alloc"}) {
		const std::string folder = std::string(debugfs) + kind + "/";
		std::ostringstream start, end;

		start << "0x" << std::hex << address;
		end << "0x" << std::hex << address + 1;
		ASSERT_TRUE(write_line(folder + "require-start", start.str()));
		ASSERT_TRUE(write_line(folder + "require-end", end.str()));
		ASSERT_TRUE(write_line(folder + "task-filter", "Y"));
	}
	for (std::size_t i = 0; i < std::size(kinds); i++)
		left_[i] = left(kinds[i]);
	ASSERT_TRUE(write_line(std::string(debugfs) + "failslab/probability", "100"));
	ASSERT_TRUE(write_line(std::string(debugfs) + "fail_page_alloc/probability", "100"));
}

bool FailNth::disarm_site()
{
	bool failed = false;

	for (const char *kind : {"failslab", "fail_page_alloc"}) {
		const std::string folder = std::string(debugfs) + kind + "/";

		EXPECT_TRUE(write_line(folder + "probability", "0"));
		EXPECT_TRUE(write_line(folder + "task-filter", "N"));
		EXPECT_TRUE(write_line(folder + "require-start", "0"));
		EXPECT_TRUE(write_line(folder + "require-end", "0xffffffffffffffff"));
	}
	EXPECT_EQ(pwrite(fail_nth_.get(), "0", 1, 0), 1);
	for (std::size_t i = 0; i < std::size(kinds); i++)
		failed |= left(kinds[i]) != left_[i];
	return failed;
}

int Sweep::run(FailNth &fail) const
{
	constexpr int limit = 3000;
	std::map<int, int> errors;
	int through = 0, steps = 0, sites = 0, nth;
	bool again = false;
	FailNth::Sites before, reached;

	const auto is_allowed = [this](int result, bool copy) {
		return result == (copy ? -EFAULT : -ENOMEM) ||
		       std::find(other_errors.begin(), other_errors.end(), result) !=
			       other_errors.end();
	};
	for (nth = 1; nth < limit;) {
		prepare();
		if (testing::Test::HasFatalFailure())
			break;
		before = fail.sites();
		fail.arm(nth);
		const int result = call();
		const FailNth::Step step = fail.disarm();

		if (step == FailNth::Step::none) {
			EXPECT_EQ(result, 0) << name << ": nothing was made to fail, but it did";
			break;
		}
		steps++;
		if (result == 0) {
			through++;
			undo();
		} else {
			EXPECT_TRUE(is_allowed(result, step == FailNth::Step::user_copy))
				<< name << ": step " << nth << " failed, the call says " << result;
			errors[-result]++;
			refused(result);
		}
		alive();
		if (testing::Test::HasFailure()) {
			ADD_FAILURE() << name << ": with step " << nth << " failing";
			return steps;
		}
		/* What a slab could do without it may have got by now: then another is the n-th. */
		again = result == 0 && !again &&
			(step == FailNth::Step::page || fail.scope() == FailNth::Scope::kvmalloc);
		if (!again)
			nth++;
	}
	EXPECT_LT(nth, limit) << name << ": it never gets through";

	reached = fail.sites();
	for (const auto &[site, calls] : before)
		if (reached[site] == calls)
			reached.erase(site);
	bool is_done = true;
	for (const auto &[site, calls] : reached) {
		if (testing::Test::HasFailure())
			break;
		if (is_done)
			undo();
		prepare();
		fail.arm(site);
		const int result = call();
		const bool failed = fail.disarm_site();

		is_done = result == 0;
		if (failed) {
			EXPECT_TRUE(is_allowed(result, false))
				<< name << ": " << site << " failed, the call says " << result;
			sites++;
		}
		if (!is_done)
			refused(result);
		alive();
	}
	if (!is_done) {
		prepare();
		EXPECT_EQ(call(), 0) << name << ": nothing was made to fail, but it did";
	}

	std::printf("  %-44s %4d steps:", name.c_str(), steps);
	for (const auto &[error, times] : errors)
		std::printf(" %d -%s,", times, strerrorname_np(error));
	std::printf(" %d got through", through);
	if (sites)
		std::printf("; %d places by their address", sites);
	std::printf("\n");
	std::fflush(stdout);
	return steps;
}
