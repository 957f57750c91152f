// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "hw_model.h"

/**
 * DOC: engine
 *
 * An engine takes a context from the firmware, executes the jobs in its ring, and
 * gives it back when the ring is empty, when the context's turn is over and others
 * wait, or when the firmware wants it off. All of that happens between commands;
 * what a job needs to go on later is in the context page.
 *
 * While it runs a context the engine alone writes the device's part of the context
 * page. For each job it publishes, in this order: the status in the ring entry,
 * head, completed_seqno. Then it tells the firmware, which tells the host.
 *
 * Device time is counted, not measured: so much per command and per word. Only a
 * DELAY takes its time in reality; the engine sleeps through it on a timer, without
 * translations, and can be preempted in it.
 */

enum hw_verdict {
	HW_GO_ON,
	HW_LEAVE,
};

struct hw_job {
	const u64 *ring;
	u64 mask;
	u64 head;
	u64 seqno;
	u32 ncalls;
	u32 call;
	u32 word;
};

static u64 hw_ring_word(const struct hw_job *job, u64 index)
{
	return job->ring[(job->head + index) & job->mask];
}

static void hw_spend(struct hw_engine *engine, struct vgpu_ctx_page *page, u64 ns)
{
	engine->slice_left -= ns;
	WRITE_ONCE(page->runtime_ns, page->runtime_ns + ns);
	WRITE_ONCE(page->job_ns, page->job_ns + ns);
}

/* Between two commands: whether the context may stay. */
static enum hw_verdict hw_boundary(struct hw_engine *engine)
{
	if (unlikely(READ_ONCE(engine->attn)) && hw_fw_boundary(engine))
		return HW_LEAVE;
	if (likely(engine->slice_left > 0))
		return HW_GO_ON;
	if (hw_fw_competition(engine))
		return HW_LEAVE;
	engine->slice_left = HW_SLICE_NS;
	return HW_GO_ON;
}

/*
 * Sleeps for what is left of a DELAY. The firmware wakes the thread when it wants
 * something, and a doorbell does when there is nobody else to execute the context.
 */
static enum hw_verdict hw_delay(struct hw_engine *engine, struct vgpu_ctx_page *page)
{
	enum hw_verdict verdict = HW_GO_ON;

	hw_fw_park(engine);
	for (;;) {
		u64 left = page->delay_left;
		ktime_t start, timeout;
		u64 slept;

		set_current_state(TASK_IDLE);
		/*
		 * From here on nobody who wants something is missed: they make
		 * their wish visible first, then wake the thread.
		 */
		if (!left || READ_ONCE(engine->attn))
			break;
		if (hw_fw_competition(engine)) {
			if (engine->slice_left <= 0) {
				verdict = HW_LEAVE;
				break;
			}
			left = min_t(u64, left, engine->slice_left);
		}
		start = ktime_get();
		timeout = ns_to_ktime(left);
		schedule_hrtimeout(&timeout, HRTIMER_MODE_REL);

		slept = min_t(u64, ktime_to_ns(ktime_sub(ktime_get(), start)), page->delay_left);
		WRITE_ONCE(page->delay_left, page->delay_left - slept);
		hw_spend(engine, page, slept);
	}
	__set_current_state(TASK_RUNNING);
	hw_fw_unpark(engine);
	return verdict;
}

/* Finds out which job is at the head of the ring, and where in it to go on. */
static enum vgpu_fault hw_job_load(struct hw_job *job, struct vgpu_ctx_page *page, u64 tail)
{
	u64 header = hw_ring_word(job, 0);
	u64 pos;

	job->seqno = hw_ring_word(job, 1);
	job->ncalls = header & 0xff;
	if (header != VGPU_RING_HEADER(job->ncalls) || !job->ncalls ||
	    job->ncalls > VGPU_RING_MAX_CALLS || VGPU_RING_WORDS(job->ncalls) > tail - job->head)
		return VGPU_FAULT_ENTRY;

	if (page->cur_seqno != job->seqno) {
		WRITE_ONCE(page->cur_pos, hw_ring_word(job, 2));
		WRITE_ONCE(page->delay_left, 0);
		WRITE_ONCE(page->job_ns, 0);
		WRITE_ONCE(page->cur_seqno, job->seqno);
	}
	pos = page->cur_pos;
	job->call = pos >> 32;
	job->word = pos;
	return VGPU_FAULT_NONE;
}

/* Executes commands until the job has ended, or until the context has to leave. */
static enum hw_verdict hw_job_run(struct hw_engine *engine, struct vgpu_ctx_page *page,
				  struct hw_job *job, enum vgpu_fault *fault)
{
	u64 cost = 0;
	u32 words = 0;

	for (;;) {
		if (page->delay_left && hw_delay(engine, page) == HW_LEAVE)
			return HW_LEAVE;
		if (hw_boundary(engine) == HW_LEAVE)
			return HW_LEAVE;
		if (page->delay_left)
			continue;

		while (job->call < job->ncalls &&
		       job->word >= hw_ring_word(job, 5 + 2 * job->call)) {
			job->call++;
			job->word = 0;
		}
		if (job->call >= job->ncalls)
			return HW_GO_ON;

		*fault = hw_execute(engine, page,
				    hw_ring_word(job, 4 + 2 * job->call) + 8ULL * job->word,
				    hw_ring_word(job, 5 + 2 * job->call) - job->word,
				    &words, &cost);
		if (*fault)
			return HW_GO_ON;

		job->word += words;
		WRITE_ONCE(page->cur_pos, (u64)job->call << 32 | job->word);
		hw_spend(engine, page, cost);
		cond_resched();
	}
}

static void hw_job_end(struct hw_engine *engine, struct vgpu_ctx_page *page, struct hw_job *job,
		       u64 tail, enum vgpu_fault fault)
{
	u64 *ring = (u64 *)job->ring;

	WARN_ON_ONCE(fault == VGPU_FAULT_ENTRY);
	if (unlikely(fault)) {
		WRITE_ONCE(page->delay_left, 0);
		WRITE_ONCE(page->fault_va, engine->fault_va);
		WRITE_ONCE(page->fault_seqno, job->seqno);
		WRITE_ONCE(page->fault_code, fault);
	}
	WRITE_ONCE(ring[(job->head + VGPU_RING_STATUS) & job->mask], fault);
	/* releases the entry; after one that makes no sense no other can be found */
	smp_store_release(&page->head, fault == VGPU_FAULT_ENTRY ?
			  tail : job->head + VGPU_RING_WORDS(job->ncalls));
	/* who sees this sees the status and the head, and all that the job did */
	smp_store_release(&page->completed_seqno, job->seqno);
	hw_fw_done(engine);
}

static void hw_run(struct hw_engine *engine, struct hw_ctx *ctx)
{
	struct vgpu_ctx_page *page = ctx->page;
	struct hw_job job = {
		.ring = (const u64 *)(uintptr_t)page->ring_base,
		.mask = page->ring_words - 1,
	};

	engine->slice_left = HW_SLICE_NS;
	for (;;) {
		u64 tail = smp_load_acquire(&page->tail); /* then the entries */
		enum vgpu_fault fault;

		job.head = page->head;
		if (job.head == tail)
			return;

		fault = hw_job_load(&job, page, tail);
		if (!fault && hw_job_run(engine, page, &job, &fault) == HW_LEAVE)
			return;
		hw_job_end(engine, page, &job, tail, fault);
	}
}

/**
 * hw_engine_thread() - an engine
 * @arg: the &struct hw_engine
 *
 * Context: A kernel thread. Never allocates.
 * Return: 0, when told to stop.
 */
int hw_engine_thread(void *arg)
{
	struct hw_engine *engine = arg;

	/* whoever submits shall not have to wait for a busy engine to yield */
	sched_set_normal(current, 10);
	hw_mmu_flush(engine);

	for (;;) {
		struct hw_ctx *ctx;

		/* before looking for work, so that who brings some wakes this thread */
		atomic_set(&engine->idle, 1);
		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		ctx = hw_fw_pick(engine);
		if (!ctx) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		hw_run(engine, ctx);
		hw_fw_give_back(engine);
		cond_resched();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}
