/* SPDX-License-Identifier: MIT */
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
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

	/**
	 * What counts as a step: all that the thread does, or what the start of a module does, or
	 * what kvmalloc() does.
	 */
	enum class Scope { thread, module_init, kvmalloc };

	FailNth() = default;
	FailNth(const FailNth &) = delete;
	FailNth &operator=(const FailNth &) = delete;
	~FailNth();

	/** @return why this kernel can't do it; empty when it can */
	std::string set_up(Scope scope);
	Scope scope() const { return scope_; }

	/** From now on the @p nth step fails, counted from 1. */
	void arm(int nth);

	/** @return what failed since arm(), which is over now */
	Step disarm();

	/** Places of the modules that allocate, and how often they have so far. */
	using Sites = std::map<std::string, long>;

	/** @return all that are known; none if nobody counts, or if the modules move */
	Sites sites() const;

	/** From now on all fails that @p site does. */
	void arm(const std::string &site);

	/** @return whether anything failed since arm(), which is over now */
	bool disarm_site();

private:
	struct Knob {
		std::string path, old_value;
	};

	bool set_scope(const char *kind, const std::string &function);
	bool set(const std::string &name, const std::string &value);
	unsigned long address_of(const std::string &site);
	long left(const char *kind) const;

	vgpu::UniqueFd fail_nth_;
	std::vector<Knob> knobs_;
	Scope scope_ = Scope::thread;
	std::multimap<std::string, unsigned long> symbols_; /* of modules: "MODULE NAME" */
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
	/** After a call that failed, with its error: nothing may have happened. */
	std::function<void(int error)> refused = [](int) {};
	/** After a call that got through although something failed, as it may. */
	std::function<void()> undo = [] {};
	/** After each of them: all else still works. */
	std::function<void()> alive = [] {};
	/** What it may return besides -ENOMEM when an allocation fails. */
	std::vector<int> other_errors = {};

	/**
	 * Makes the call with the first step failing, the second, and so on, until there is none
	 * that could. Which step is the n-th is not always the same: a slab that has got its page
	 * needs no other. So each place of the modules that allocated in that last call is made to
	 * fail once more, by its address, where that can be known.
	 *
	 * What comes of it is checked, and said in a line on the standard output.
	 *
	 * @return how many steps failed
	 */
	int run(FailNth &fail) const;
};
