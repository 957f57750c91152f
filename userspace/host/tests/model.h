/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file What the queue has to do, as plainly as it can be said: no threads, no tokens, no
 * references. After each operation everything that has to happen happens, in any order, until
 * nothing does; what has happened then is compared with the core at rest.
 */

#include <cstddef>
#include <vector>

namespace model
{

/** How the driver completes a job. */
enum class Finish {
	hardware,	  /**< returns a fence that signals later */
	hardware_already, /**< returns a fence that has signalled */
	driver,		  /**< calls job_done() later */
	driver_at_once,	  /**< calls job_done() in run_job */
	driver_and_fence, /**< calls it in run_job and returns a fence that signals later */
	error,		  /**< returns an error */
};

/** Something to wait for: a foreign fence, or the finished fence of a job. */
struct Dependency {
	bool foreign;
	std::size_t index;
};

struct Job {
	std::size_t queue;
	unsigned int credits;
	Finish finish;
	int run_error; /**< what comes of it in the cases that finish in run_job */
	std::vector<Dependency> dependencies = {};

	bool armed = false;
	bool pushed = false;
	bool held = true; /**< by the driver */
	bool cancelled = false;

	bool ran = false;
	bool done = false;
	bool signalled = false;
	bool released = false;
	bool fence_pending = false; /**< the core waits for the hardware fence's callback */
	int error = 0;
};

struct Queue {
	unsigned int limit;    /**< may change */
	bool keep_own = false; /**< waits for jobs of its own */
	bool used = true;      /**< has users */
	bool released = false;
	bool killed = false;
	bool told = false;	/**< that it is killed */
	unsigned int stops = 0; /**< only while it has users */
	std::size_t sent = 0;	/**< messages */
	std::size_t processed = 0;
	unsigned int in_flight = 0;	       /**< credits */
	std::vector<std::size_t> order = {};   /**< jobs as they were armed */
	std::vector<std::size_t> runs = {};    /**< jobs as they ran */
	std::vector<std::size_t> signals = {}; /**< jobs as their fences signalled */
};

class Model
{
public:
	std::vector<Queue> queues;
	std::vector<Job> jobs;
	std::vector<bool> foreign; /**< whether they have signalled */

	/* Operations that are more than setting a member. */
	void arm(std::size_t job);
	void put(std::size_t job);
	void complete(std::size_t job, int error);
	void hardware_signals(std::size_t job, int error);

	/** Does all that has to happen. */
	void settle();

private:
	bool met(const Job &job) const;
	bool run_next(Queue &queue);
	bool tell(Queue &queue);
	bool signal_next(Queue &queue);
	bool release(std::size_t job);
	bool release(std::size_t index, Queue &queue);
};

} // namespace model
