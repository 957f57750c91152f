// SPDX-License-Identifier: GPL-2.0 OR MIT

#include "hw_model.h"

/**
 * DOC: completions
 *
 * A job that has ended is news to the host, but not so urgent that each of them needs an
 * interrupt. The message is written at once, and the interrupt comes when the engine has ended
 * so many jobs, has spent so much device time since the first, or stops working.
 * Anything else that the firmware has to say is not held up, and takes these along.
 */

/**
 * hw_done() - a job has ended, and everything about it is published
 * @engine: the engine that ran it
 *
 * Context: The engine's thread, with the job's context on the engine.
 */
void hw_done(struct hw_engine *engine)
{
	struct hw_device *hw = engine->hw;
	struct hw_ctx *ctx = engine->ctx;
	struct hw_fw *fw = &hw->fw;
	enum hw_news news;

	WRITE_ONCE(engine->jobs, engine->jobs + 1);
	/*
	 * Pairs with the barrier of the host's write to the head: either the host
	 * has yet to take the last DONE out and will see what was published, or
	 * it gets another one.
	 */
	smp_mb();
	if (READ_ONCE(ctx->done_at) > (u64)atomic64_read(&fw->g2h_head)) {
		/* it knows, or is to learn of that one when it is time */
		if (engine->unraised)
			engine->unraised++;
		return hw_done_due(engine);
	}

	spin_lock(&fw->lock);
	ctx->done_owed = true;
	hw_fw_note(fw, ctx);
	news = hw_fw_flush_news(hw);
	spin_unlock(&fw->lock);

	if (news == HW_NEWS_DONE) {
		if (!engine->unraised++)
			engine->unraised_since = engine->time_ns;
		return hw_done_due(engine);
	}
	if (news)
		engine->unraised = 0;
	hw_fw_raise_news(hw, news);
}

/**
 * hw_done_due() - raise the interrupt if it is time
 * @engine: the engine
 *
 * Context: The engine's thread.
 */
void hw_done_due(struct hw_engine *engine)
{
	const struct hw_config *config = &engine->hw->config;

	if (!engine->unraised)
		return;
	if (engine->unraised >= config->irq_coalesce_count ||
	    engine->time_ns - engine->unraised_since >= config->irq_coalesce_ns)
		hw_done_flush(engine);
}

/**
 * hw_done_flush() - raise the interrupt for what the host was not told of
 * @engine: the engine, which is going to do nothing for a while
 *
 * Context: The engine's thread.
 */
void hw_done_flush(struct hw_engine *engine)
{
	if (engine->unraised) {
		engine->unraised = 0;
		hw_raise(engine->hw, VGPU_INT_G2H);
	}
}
