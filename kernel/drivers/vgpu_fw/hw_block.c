// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/bitops.h>
#include <linux/kcsan-checks.h>
#include <linux/ktime.h>
#include <linux/minmax.h>

#include "hw_model.h"

/**
 * DOC: blocked contexts
 *
 * A context that waits for a word in memory leaves its engine and is blocked. The firmware
 * looks at the word again when an engine stores there, when an engine looks for work, and
 * every %HW_POLL_NS, as anybody may have written it. What it finds is a hint only: the
 * context becomes ready, and executes its WAIT once more.
 *
 * Firmware has no translations to remember: it walks the tables each time, under its lock.
 * So when an invalidation is answered, which takes the lock, too, it uses none that is old.
 *
 * Time spent blocked in a job counts as the job's, or a WAIT that is never over could not
 * time out; but not much of it at once, as the firmware may not have been allowed to run.
 */

/* at a pick */
#define HW_BLOCK_LOOKS		16
/* most that counts between two looks, in ns */
#define HW_BLOCK_MAX_NS		1000000

static bool hw_block_is_over(struct hw_ctx *ctx)
{
	struct hw_wait *wait = &ctx->wait;
	u64 value;

	/* a mapping that is gone is for the engine to find */
	if (wait->gpu && hw_mmu_look(ctx->page, wait->va, &wait->where))
		return true;
	kcsan_disable_current();
	value = READ_ONCE(*wait->where);
	kcsan_enable_current();
	return value >= wait->value;
}

static void hw_block_account(struct hw_ctx *ctx, u64 now)
{
	u64 waited = min_t(u64, now - ctx->waited_ns, HW_BLOCK_MAX_NS);

	ctx->waited_ns = now;
	if (ctx->wait.gpu)
		WRITE_ONCE(ctx->page->job_ns, ctx->page->job_ns + waited);
}

static void hw_unblock(struct hw_device *hw, struct hw_ctx *ctx)
{
	struct hw_fw *fw = &hw->fw;

	hw_block_account(ctx, ktime_get_ns());
	list_del_init(&ctx->run_node);
	WRITE_ONCE(fw->num_blocked, fw->num_blocked - 1);
	hw_fw_make_ready(hw, ctx);
}

/**
 * hw_block() - a context waits for a word
 * @hw: the device
 * @ctx: the context, which has just left its engine
 * @wait: the word
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_block(struct hw_device *hw, struct hw_ctx *ctx, const struct hw_wait *wait)
{
	struct hw_fw *fw = &hw->fw;

	lockdep_assert_held(&fw->lock);

	hw_count(hw, HW_COUNT_BLOCKS);
	ctx->wait = *wait;
	ctx->waited_ns = ktime_get_ns();
	hw_ctx_set_state(ctx, HW_CTX_BLOCKED);
	list_add_tail(&ctx->run_node, &fw->blocked);
	WRITE_ONCE(fw->num_blocked, fw->num_blocked + 1);
	smp_mb(); /* pairs with hw_block_stored(): it looks here, or here its word is seen */
	if (hw_block_is_over(ctx))
		hw_unblock(hw, ctx);
	else
		hw_fw_tick(fw);
}

/**
 * hw_block_poll() - look at all contexts that are blocked
 * @hw: the device
 *
 * Context: The firmware's thread, with its lock.
 * Return: the classes that got something to do, as bits.
 */
unsigned long hw_block_poll(struct hw_device *hw)
{
	struct hw_ctx *ctx, *next;
	unsigned long classes = 0;
	u64 now = ktime_get_ns();

	lockdep_assert_held(&hw->fw.lock);

	list_for_each_entry_safe(ctx, next, &hw->fw.blocked, run_node) {
		hw_block_account(ctx, now);
		if (hw_block_is_over(ctx)) {
			hw_unblock(hw, ctx);
			__set_bit(ctx->class, &classes);
		}
	}
	return classes;
}

/**
 * hw_block_look() - look at some contexts that are blocked
 * @hw: the device
 * @class: those of this class
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_block_look(struct hw_device *hw, u8 class)
{
	struct hw_ctx *ctx, *next;
	int looks = HW_BLOCK_LOOKS;

	lockdep_assert_held(&hw->fw.lock);

	list_for_each_entry_safe(ctx, next, &hw->fw.blocked, run_node) {
		if (!looks--)
			return;
		if (ctx->class == class && hw_block_is_over(ctx))
			hw_unblock(hw, ctx);
	}
}

/**
 * hw_block_stored() - an engine has stored a word that others may wait for
 * @hw: the device
 * @where: the word
 * @value: what is there now
 *
 * Context: The engines' threads.
 */
void hw_block_stored(struct hw_device *hw, const u64 *where, u64 value)
{
	struct hw_fw *fw = &hw->fw;
	struct hw_ctx *ctx, *next;
	unsigned long classes = 0;
	u8 class;

	smp_mb(); /* pairs with hw_block() */
	if (likely(!READ_ONCE(fw->num_blocked)))
		return;

	spin_lock(&fw->lock);
	list_for_each_entry_safe(ctx, next, &fw->blocked, run_node) {
		/* the address is compared only: it may be that of a mapping that is gone */
		if (ctx->wait.where == where && value >= ctx->wait.value) {
			hw_unblock(hw, ctx);
			__set_bit(ctx->class, &classes);
		}
	}
	spin_unlock(&fw->lock);
	for_each_set_bit(class, &classes, VGPU_CLASSES)
		hw_fw_kick(hw, class);
}
