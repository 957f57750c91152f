/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file What one round consists of. Plain data: the generator writes it, the model, the executor
 * and the reporter read it.
 */

#include <cstdint>
#include <vector>

namespace stress
{

/** What a round looks like; with the seed it decides everything. */
struct Shape {
	std::uint64_t seed = 0;
	std::uint32_t processes = 4;
	std::uint32_t threads = 2;	       /**< per process */
	std::uint32_t queues = 4;	       /**< per process, and one more that dies */
	std::uint32_t vms = 2;		       /**< per process */
	std::uint32_t jobs = 4000;	       /**< in all */
	std::uint32_t checkpoints = 3;	       /**< the last one is the end of the round */
	std::uint64_t buffer_bytes = 64 << 10; /**< per buffer */
	std::uint32_t slots_per_buffer = 8;
	std::uint32_t private_buffers = 3; /**< per process */
	std::uint32_t shared_buffers = 8;
	std::uint32_t constant_buffers = 2; /**< shared, only read */
	std::uint32_t jobs_per_exec = 8;    /**< at most */
	std::uint32_t page_bytes = 4096;
	std::uint32_t binary_syncobjs = 24; /**< in each pool */
	bool kills = true;		    /**< some queues are killed in the middle */
	std::uint32_t profiles = 1;	    /**< bits: the profiles that queues may have */
};

inline constexpr std::uint32_t nobody = UINT32_MAX;

/** Lives from this number on are not killed: there would be no room for how they ended. */
inline constexpr std::uint32_t max_killed_life = 4096;

/** So many lives may end in one phase in one process: all their queues are kept until its end. */
inline constexpr std::uint32_t max_deaths_per_phase = 48;

enum class BufferKind {
	handed,	     /**< written and read by every process */
	constant,    /**< read by every process */
	private_,    /**< of one process */
	accumulator, /**< of one process: takes in what is about to be overwritten */
	guard,	     /**< of one process: mapped between the others, never a target */
	progress     /**< a line of words per queue: how far it is, and when that was */
};

struct Buffer {
	BufferKind kind;
	std::uint32_t process; /**< whose it is, or nobody: shared by all */
	std::uint64_t bytes;
	std::uint64_t seed; /**< of its first contents */

	bool shared() const noexcept { return process == nobody; }
};

/** Words of the progress buffer that each queue has. */
inline constexpr std::uint32_t progress_words = 8;
/** In its line: the job that finished last, plus one. */
inline constexpr std::uint32_t progress_job = 0;
/** In its line: the device's time. The one kind of word that the model can't foresee. */
inline constexpr std::uint32_t progress_time = 1;

struct Queue {
	std::uint32_t process;
	std::uint32_t thread; /**< of the process */
	std::uint32_t vm;     /**< of the process */
	std::uint32_t engine_class;
	std::uint32_t profile;
	bool direct_completion;
	bool mortal;		   /**< it faults and is killed, and begins anew each time */
	std::uint32_t ring_words;  /**< 0: the default */
	std::uint32_t credits;	   /**< 0: the default */
	std::uint64_t first_point; /**< of its timeline */
};

enum class Op {
	nop,
	fill,
	copy,
	mix,
	store,
	timestamp,
	delay,
	/* What follows faults; nothing of it may take effect. */
	write_unmapped,
	read_unmapped,
	runs_into_hole,
	write_read_only,
	unknown_operation,
	unaligned
};

struct Command {
	Op op;
	std::uint32_t dst = 0; /**< buffer */
	std::uint32_t src = 0; /**< buffer */
	std::uint64_t dst_offset = 0;
	std::uint64_t src_offset = 0;
	std::uint64_t length = 0;
	std::uint64_t value = 0; /**< what is filled or stored, the salt, or nanoseconds */
};

/** A use of a sync object by a job. Objects are numbered through the whole world. */
struct SyncUse {
	std::uint32_t object;
	bool wait;
	bool timeline;
	std::uint64_t point;
};

enum class SyncKind { timeline, binary };

struct SyncObject {
	SyncKind kind;
	std::uint32_t process; /**< whose it is, or nobody: shared by all */
};

struct Job {
	std::uint32_t queue;
	std::uint32_t batch;
	std::uint32_t ordinal; /**< in its queue, from 0 */
	std::vector<Command> commands;
	std::vector<std::uint32_t> calls; /**< how many of the commands each call has */
	std::vector<SyncUse> syncs;
	std::uint32_t life;			/**< of its queue, see Life */
	std::uint32_t ordinal_in_life;		/**< from 0 */
	std::uint32_t first_bad = UINT32_MAX;	/**< from this command on nothing happens */
	int expected_error = 0;			/**< negative errno that its fence must carry */
	std::uint32_t status_slot = UINT32_MAX; /**< where its fence is kept to be looked at */
};

/** How a queue ends before its client does. */
enum class Death {
	none,  /**< it lives to the end */
	fault, /**< a job faults: what comes after it in the same call is cancelled */
	kill   /**< it is killed in the middle of its work: how far it gets is the device's business
		*/
};

/**
 * A queue of the world from its making to its end. A queue that is mortal has several, one after
 * the other: for the device each is a queue of its own. The first job of a new one waits for the
 * last job of the one before.
 */
struct Life {
	std::uint32_t queue;
	std::uint32_t job_count = 0;
	Death death = Death::none;
	std::uint32_t last_job = nobody;  /**< so far */
	std::uint32_t first_job = nobody; /**< so far */
	std::uint32_t bad_job = nobody;	  /**< the job that faults */
};

/** "The thread has submitted so many of its batches." */
struct SubmitAfter {
	std::uint32_t thread; /**< numbered through all processes */
	std::uint32_t count;
};

/** One EXEC call. */
struct Batch {
	std::uint32_t thread;	 /**< numbered through all processes */
	std::uint32_t vm;	 /**< of the process */
	std::uint32_t first_job; /**< its jobs are neighbours in the list */
	std::uint32_t job_count;
	std::uint32_t ordinal; /**< in its thread, from 0 */
	std::vector<SubmitAfter> after;
	std::uint32_t kill_life = nobody; /**< killed right after the call */
	std::uint32_t kill_after_us = 0;  /**< or so much later */
};

enum class EdgeKind { binary, timeline };

/** An order between two jobs of different queues, or lives, that somebody relies on. */
struct Edge {
	std::uint32_t from;
	std::uint32_t to;
	EdgeKind kind;
	bool in_exec;	    /**< both jobs are in one EXEC call */
	bool cross_process; /**< between two processes */
	bool needed;	    /**< no other edges imply it, and some byte shows whether it is kept */
};

/** A stretch of the list; all of it has finished before the next one starts. */
struct Phase {
	std::uint32_t first_job;
	std::uint32_t job_count;
	std::uint32_t first_batch;
	std::uint32_t batch_count;
};

struct World {
	Shape shape;
	std::vector<Buffer> buffers;
	std::vector<Queue> queues;
	std::vector<SyncObject> sync_objects; /**< the first ones are the queues' timelines */
	std::vector<Life> lives;
	std::vector<Job> jobs;
	std::vector<Batch> batches;
	std::vector<Edge> edges;
	std::vector<Phase> phases;
	std::uint32_t status_slots = 0;	      /**< per process */
	std::uint64_t same_queue_hazards = 0; /**< covered by the order of a queue */
	std::uint64_t implied_hazards = 0;    /**< covered by other edges */
	std::uint64_t planned_faults = 0;
	std::uint64_t planned_kills = 0;
	std::uint32_t progress_buffer = 0;

	std::uint32_t threads() const noexcept { return shape.processes * shape.threads; }
	std::uint32_t process_of_thread(std::uint32_t thread) const noexcept
	{
		return thread / shape.threads;
	}
};

} // namespace stress
