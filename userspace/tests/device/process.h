/* SPDX-License-Identifier: MIT */
#pragma once

#include <functional>

#include <sys/types.h>

#include <vgpu/unique_fd.h>

/**
 * A child process that runs a function. What it inherits it must not touch; it opens the device
 * anew.
 */
class Child
{
public:
	/** @param body its result is the exit code; an exception makes it 99 */
	explicit Child(const std::function<int(Child &self)> &body);
	Child(const Child &) = delete;
	Child &operator=(const Child &) = delete;
	~Child();

	/** In the child: tells the parent that it may go on. */
	void ready();

	/** In the child: waits until the parent lets it go on, or is gone. */
	void wait_for_parent();

	/** In the parent: waits for ready(). False: the child ended first or it took too long. */
	bool wait_until_ready();

	/** In the parent: lets the child go on. */
	void go_on();

	/** In the parent: kills the child at once. */
	void kill();

	/** In the parent: waits for the end. @return the exit code; 128 + signal; -1: too long. */
	int result();

private:
	pid_t pid_ = -1;
	vgpu::UniqueFd to_parent_[2];
	vgpu::UniqueFd to_child_[2];
};
