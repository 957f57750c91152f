/* SPDX-License-Identifier: MIT */
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <vgpu/unique_fd.h>

/**
 * Lets the n-th step of a call fail: an allocation, or a copy from or to the caller's memory.
 *
 * It needs a kernel with fault injection (CONFIG_FAULT_INJECTION, CONFIG_FAILSLAB) and debugfs.
 * Only the thread that called set_up() is concerned.
 */
class FailNth
{
public:
	/** What was made to fail. */
	enum class Step { none, slab, page, user_copy };

	/** What counts as a step: all that the thread does, or what the start of a module does. */
	enum class Scope { thread, module_init };

	FailNth() = default;
	FailNth(const FailNth &) = delete;
	FailNth &operator=(const FailNth &) = delete;
	~FailNth();

	/** @return why this kernel can't do it; empty when it can */
	std::string set_up(Scope scope);

	/** From now on the @p nth step fails, counted from 1. */
	void arm(int nth);

	/** @return what failed since arm(), which is over now */
	Step disarm();

private:
	struct Knob {
		std::string path, old_value;
	};

	bool set_scope(const char *kind);
	bool set(const std::string &name, const std::string &value);
	long left(const char *kind) const;

	vgpu::UniqueFd fail_nth_;
	std::vector<Knob> knobs_;
	long left_[3] = {};
};

/** A call that is made again and again, each time with another step of it failing. */
struct Sweep {
	/** For people. */
	std::string name;
	/** What is under test. @return 0 or a negative errno */
	std::function<int()> call;
	/** What has to be there for each call. */
	std::function<void()> prepare = [] {};
	/** After a call that failed: nothing may have happened. */
	std::function<void()> refused = [] {};
	/** After a call that got through although something failed, as it may. */
	std::function<void()> undo = [] {};
	/** After each of them: all else still works. */
	std::function<void()> alive = [] {};
	/** What it may return besides -ENOMEM when an allocation fails. */
	std::vector<int> other_errors = {};

	/**
	 * Makes the call with the first step failing, the second, and so on, until there is none
	 * that could. What comes of it is checked, and said in a line on the standard output.
	 *
	 * @return how many steps failed
	 */
	int run(FailNth &fail) const;
};
