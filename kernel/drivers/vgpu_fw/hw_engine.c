// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "hw_model.h"

/**
 * DOC: engine
 *
 * An engine takes a context from the firmware, executes the entries of its ring, and
 * gives it back when the ring is empty, when the context's turn is over and others
 * wait, when the firmware wants it off, when it has to wait for a word in memory, or when it
 * has faulted. All of that happens between commands; what a job needs to go on later is in
 * the context page.
 *
 * While it runs a context the engine alone writes the device's part of the context
 * page. For each job it publishes, in this order: the status in the ring entry,
 * head, completed_seqno. Then it tells the firmware, which tells the host.
 */

struct hw_job {
	const u64 *ring;
	u64 mask;
	u64 head;
	u64 seqno;
	u32 entry_words;
	u32 ncalls;
	u32 call;
	u32 word;
};

static u64 hw_ring_word(const struct hw_job *job, u64 index)
{
	return job->ring[(job->head + index) & job->mask];
}

/**
 * hw_spend() - let device time pass
 * @engine: the engine
 * @page: the context on it
 * @ns: how much
 *
 * Context: The engine's thread, with a context on the engine.
 */
void hw_spend(struct hw_engine *engine, struct vgpu_ctx_page *page, u64 ns)
{
	/* the firmware looks at it without a lock */
	WRITE_ONCE(engine->time_ns, engine->time_ns + ns);
	WRITE_ONCE(page->runtime_ns, page->runtime_ns + ns);
	WRITE_ONCE(page->job_ns, page->job_ns + ns);
	hw_done_due(engine);
}

/* Between two commands: whether the context may stay. */
static enum hw_reason hw_boundary(struct hw_engine *engine)
{
	if (unlikely(READ_ONCE(engine->attn)) && hw_fw_boundary(engine))
		return HW_LEAVE;
	if (likely(engine->time_ns < engine->slice_end))
		return HW_STAY;
	if (hw_fw_competition(engine))
		return HW_LEAVE;
	WRITE_ONCE(engine->slice_end, engine->time_ns + VGPU_SLICE_NS);
	return HW_STAY;
}

/* The entry at the head of the ring becomes the current job, if it is not. */
static void hw_job_start(struct hw_job *job, struct vgpu_ctx_page *page, u64 start)
{
	if (page->cur_seqno == job->seqno)
		return;
	WRITE_ONCE(page->cur_pos, start);
	WRITE_ONCE(page->delay_left, 0);
	WRITE_ONCE(page->job_ns, 0);
	WRITE_ONCE(page->cur_seqno, job->seqno);
}

/* Executes the next command of the job. */
static enum hw_reason hw_command(struct hw_engine *engine, struct vgpu_ctx_page *page,
				 struct hw_job *job, enum vgpu_fault *fault)
{
	u64 va = hw_ring_word(job, 4 + 2 * job->call) + 8ULL * job->word;
	struct hw_faults *faults = &engine->hw->faults;
	struct hw_result result = {};

	if (hw_fault(faults, HW_KNOB_ENGINE_HANG))
		return hw_hang(engine, page,
			       min_t(u64, hw_fault_arg(faults, HW_KNOB_ENGINE_HANG), 3));
	if (hw_fault(faults, HW_KNOB_CMD_FAULT)) {
		engine->fault_va = va;
		*fault = VGPU_FAULT_COMMAND;
		return HW_STAY;
	}

	*fault = hw_execute(engine, page, va, hw_ring_word(job, 5 + 2 * job->call) - job->word,
			    &result);
	if (*fault)
		return HW_STAY;
	if (result.hang)
		return hw_hang(engine, page, result.kind);
	if (result.blocked)
		return HW_BLOCK;

	job->word += result.words;
	WRITE_ONCE(page->cur_pos, (u64)job->call << 32 | job->word);
	WRITE_ONCE(engine->commands, engine->commands + 1);
	if (hw_fault(faults, HW_KNOB_SLOW_ENGINE))
		result.cost = result.cost * hw_fault_arg(faults, HW_KNOB_SLOW_ENGINE) / 100;
	hw_spend(engine, page, result.cost);
	hw_pace(engine);
	return HW_STAY;
}

/* Executes commands until the job has ended, or until the context has to leave. */
static enum hw_reason hw_job_run(struct hw_engine *engine, struct vgpu_ctx_page *page,
				 struct hw_job *job, enum vgpu_fault *fault)
{
	enum hw_reason reason;

	for (;;) {
		if (page->delay_left) {
			reason = hw_delay(engine, page);
			if (reason)
				return reason;
		}
		reason = hw_boundary(engine);
		if (reason)
			return reason;
		if (page->delay_left)
			continue;

		while (job->call < job->ncalls &&
		       job->word >= hw_ring_word(job, 5 + 2 * job->call)) {
			job->call++;
			job->word = 0;
		}
		if (job->call >= job->ncalls)
			return HW_STAY;

		reason = hw_command(engine, page, job, fault);
		if (reason || *fault)
			return reason;
		cond_resched();
	}
}

/* The ring makes no sense, so nothing that it says is published. */
static enum hw_reason hw_entry_fault(struct vgpu_ctx_page *page, const struct hw_job *job)
{
	WRITE_ONCE(page->fault_va, 0);
	WRITE_ONCE(page->fault_seqno, job->seqno);
	WRITE_ONCE(page->fault_code, VGPU_FAULT_ENTRY);
	return HW_FAULT;
}

static enum hw_reason hw_job_end(struct hw_engine *engine, struct vgpu_ctx_page *page,
				 struct hw_job *job, enum vgpu_fault fault)
{
	u64 *ring = (u64 *)job->ring;

	if (unlikely(fault)) {
		WRITE_ONCE(page->delay_left, 0);
		WRITE_ONCE(page->fault_va, engine->fault_va);
		WRITE_ONCE(page->fault_seqno, job->seqno);
		WRITE_ONCE(page->fault_code, fault);
	}
	WRITE_ONCE(ring[(job->head + VGPU_RING_STATUS) & job->mask], fault);
	/* releases the entry */
	smp_store_release(&page->head, job->head + job->entry_words);
	/* who sees this sees the status and the head, and all that the job did */
	smp_store_release(&page->completed_seqno, job->seqno);
	/* the same for those who wait on the device */
	smp_store_release(&page->native, job->seqno);
	hw_block_stored(engine->hw, &page->native, job->seqno);
	hw_done(engine);
	return fault ? HW_FAULT : HW_STAY;
}

static enum hw_reason hw_entry_job(struct hw_engine *engine, struct vgpu_ctx_page *page,
				   struct hw_job *job, u64 words)
{
	enum vgpu_fault fault = VGPU_FAULT_NONE;
	u64 header = hw_ring_word(job, 0);
	enum hw_reason reason;

	job->seqno = hw_ring_word(job, 1);
	job->ncalls = header & 0xff;
	job->entry_words = VGPU_RING_WORDS(job->ncalls);
	if (header != VGPU_RING_HEADER(job->ncalls) || !job->ncalls ||
	    job->ncalls > VGPU_RING_MAX_CALLS || job->entry_words > words)
		return hw_entry_fault(page, job);

	hw_job_start(job, page, hw_ring_word(job, 2));
	job->call = page->cur_pos >> 32;
	job->word = page->cur_pos;
	reason = hw_job_run(engine, page, job, &fault);
	return reason ? reason : hw_job_end(engine, page, job, fault);
}

/* A wait for another context, or for the host. */
static enum hw_reason hw_entry_wait(struct hw_engine *engine, struct vgpu_ctx_page *page,
				    struct hw_job *job, u64 words)
{
	const u64 *where = (const u64 *)(uintptr_t)hw_ring_word(job, 1);
	u64 value = hw_ring_word(job, 2);

	if (hw_ring_word(job, 0) != VGPU_RING_WAIT << 56 || words < VGPU_RING_WAIT_WORDS ||
	    !where || (uintptr_t)where % 8)
		return hw_entry_fault(page, job);

	/* what the producer did is visible to the jobs behind this */
	if (smp_load_acquire(where) < value) {
		engine->wait = (struct hw_wait){ .where = where, .value = value };
		return HW_BLOCK;
	}
	/* releases the entry */
	smp_store_release(&page->head, job->head + VGPU_RING_WAIT_WORDS);
	return HW_STAY;
}

/* Entries of a page table: all of them between two boundaries, as a command. */
static enum hw_reason hw_entry_setpte(struct hw_engine *engine, struct vgpu_ctx_page *page,
				      struct hw_job *job, u64 words)
{
	u64 count = hw_ring_word(job, 0) & U32_MAX;
	u64 at = hw_ring_word(job, 2);
	u64 pte = hw_ring_word(job, 3);
	u64 *entry = (u64 *)(uintptr_t)at;
	u64 room = (VGPU_PAGE_SIZE - at % VGPU_PAGE_SIZE) / 8;

	job->seqno = hw_ring_word(job, 1);
	job->entry_words = VGPU_RING_SETPTE_WORDS;
	if (hw_ring_word(job, 0) >> 32 != VGPU_RING_SETPTE << 24 || words < job->entry_words ||
	    engine->priority != VGPU_PRIORITY_KERNEL || !entry || at % 8 || !count || count > room)
		return hw_entry_fault(page, job);

	hw_job_start(job, page, 0);
	hw_spend(engine, page, HW_COMMAND_NS + count);
	/* an engine that sees an entry sees the page as the job's predecessors left it */
	smp_wmb();
	for (; count; count--, entry++) {
		WRITE_ONCE(*entry, pte);
		if (pte & VGPU_PTE_VALID)
			pte += VGPU_PAGE_SIZE;
	}
	return hw_job_end(engine, page, job, VGPU_FAULT_NONE);
}

static enum hw_reason hw_run(struct hw_engine *engine, struct hw_ctx *ctx)
{
	struct vgpu_ctx_page *page = ctx->page;
	struct hw_job job = {
		.ring = (const u64 *)(uintptr_t)page->ring_base,
		.mask = page->ring_words - 1,
	};

	for (;;) {
		u64 tail = smp_load_acquire(&page->tail); /* then the entries */
		enum hw_reason reason;

		job.head = page->head;
		if (job.head == tail)
			return HW_EMPTY;

		switch (hw_ring_word(&job, 0) >> 56) {
		case VGPU_RING_JOB:
			reason = hw_entry_job(engine, page, &job, tail - job.head);
			break;
		case VGPU_RING_WAIT:
			reason = hw_boundary(engine);
			if (!reason)
				reason = hw_entry_wait(engine, page, &job, tail - job.head);
			break;
		case VGPU_RING_SETPTE:
			reason = hw_boundary(engine);
			if (!reason)
				reason = hw_entry_setpte(engine, page, &job, tail - job.head);
			break;
		default:
			job.seqno = 0;
			reason = hw_entry_fault(page, &job);
		}
		if (reason)
			return reason;
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
			hw_done_flush(engine);
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		hw_fw_give_back(engine, hw_run(engine, ctx));
		cond_resched();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}
