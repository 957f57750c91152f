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

/* The kernel's own work for a module is not under test: some of it warns when it fails. */
bool FailNth::set_scope(const char *kind)
{
	std::ifstream symbols("/proc/kallsyms");
	std::string start, type, name;
	std::string line;

	while (std::getline(symbols, line)) {
		std::istringstream(line) >> start >> type >> name;
		if (name == "do_one_initcall")
			break;
	}
	std::string end;
	if (!std::getline(symbols, line) || !(std::istringstream(line) >> end))
		return false;
	return set(std::string(kind) + "/require-start", "0x" + start) &&
	       set(std::string(kind) + "/require-end", "0x" + end);
}

std::string FailNth::set_up(Scope scope)
{
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
	set("fail_page_alloc/min-order", "0");
	/* One line for each, for the module that counts them; no stack dump. */
	const bool counted = access("/sys/kernel/debug/drm_dep_faults", F_OK) == 0;
	for (const char *kind : kinds) {
		set(std::string(kind) + "/verbose", counted ? "1" : "0");
		set(std::string(kind) + "/verbose_ratelimit_interval_ms", "0");
		set(std::string(kind) + "/times", more_than_enough);
	}
	if (scope == Scope::module_init)
		for (const char *kind : kinds)
			if (!set_scope(kind))
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

	EXPECT_EQ(pwrite(fail_nth_.get(), "0", 1, 0), 1);
	if (!failed)
		return Step::none;
	for (std::size_t i = 0; i < std::size(kinds); i++)
		if (left(kinds[i]) != left_[i])
			return static_cast<Step>(i + 1);
	ADD_FAILURE() << "something was made to fail, but nothing says what";
	return Step::none;
}

int Sweep::run(FailNth &fail) const
{
	constexpr int limit = 3000;
	std::map<int, int> errors;
	int through = 0, nth;

	for (nth = 1; nth < limit; nth++) {
		prepare();
		if (testing::Test::HasFatalFailure())
			break;
		fail.arm(nth);
		const int result = call();
		const FailNth::Step step = fail.disarm();

		if (step == FailNth::Step::none) {
			EXPECT_EQ(result, 0) << name << ": nothing was made to fail, but it did";
			break;
		}
		if (result == 0) {
			through++;
			undo();
		} else {
			const bool copy = step == FailNth::Step::user_copy;
			const bool other = std::find(other_errors.begin(), other_errors.end(),
						     result) != other_errors.end();

			EXPECT_TRUE(result == (copy ? -EFAULT : -ENOMEM) || other)
				<< name << ": step " << nth << " failed, the call says " << result;
			errors[-result]++;
			refused();
		}
		alive();
		if (testing::Test::HasFailure()) {
			ADD_FAILURE() << name << ": with step " << nth << " failing";
			return nth;
		}
	}
	EXPECT_LT(nth, limit) << name << ": it never gets through";

	std::printf("  %-44s %4d steps:", name.c_str(), nth - 1);
	for (const auto &[error, times] : errors)
		std::printf(" %d -%s,", times, strerrorname_np(error));
	std::printf(" %d got through\n", through);
	std::fflush(stdout);
	return nth - 1;
}
