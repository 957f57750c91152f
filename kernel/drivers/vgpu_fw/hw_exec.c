// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/compiler.h>
#include <linux/kasan-checks.h>
#include <linux/kcsan-checks.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "hw_model.h"

/**
 * DOC: commands
 *
 * A command is executed in steps: its words are copied, once, as the client may
 * change them at any time; the copy is checked; all pages of all operands are
 * translated; then it takes effect. Whatever may go wrong does so before the last
 * step, so a command happens wholly or not at all.
 *
 * Client memory is read and written while the client does the same. Such races are
 * the client's right, and are hidden from KCSAN.
 */

struct hw_cursor {
	void **pages;
	u64 offset;
};

static const u8 hw_cmd_words[] = {
	[VGPU_CMD_NOP] = 1,
	[VGPU_CMD_FILL] = 4,
	[VGPU_CMD_COPY] = 4,
	[VGPU_CMD_MIX] = 5,
	[VGPU_CMD_STORE] = 3,
	[VGPU_CMD_WAIT] = 3,
	[VGPU_CMD_DELAY] = 2,
	[VGPU_CMD_HANG] = 2,
	[VGPU_CMD_FAULT] = 1,
};

/* kinds of HANG: the last, and the last that anybody may use */
#define HW_HANG_MAX		3
#define HW_HANG_MAX_UNARMED	1

/* The word of MIX: a bijection of d for every s, salt and i. */
static u64 hw_mix(u64 d, u64 s, u64 salt, u64 i)
{
	u64 x = d ^ (s + salt + i);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static u64 *hw_at(const struct hw_cursor *cursor)
{
	return cursor->pages[cursor->offset >> VGPU_PAGE_SHIFT] +
	       (cursor->offset & (VGPU_PAGE_SIZE - 1));
}

static u64 hw_page_left(const struct hw_cursor *cursor)
{
	return VGPU_PAGE_SIZE - (cursor->offset & (VGPU_PAGE_SIZE - 1));
}

static void hw_fill(struct hw_cursor dst, u64 length, u64 value)
{
	while (length) {
		u64 chunk = min(length, hw_page_left(&dst));

		/* memset64() is not instrumented; a stale mapping shall be reported */
		kasan_check_write(hw_at(&dst), chunk);
		memset64(hw_at(&dst), value, chunk / 8);
		dst.offset += chunk;
		length -= chunk;
	}
}

/*
 * Word by word, ascending, also where the ranges overlap, be it by their addresses
 * or because a page is mapped twice. Within a chunk only words of the same page can
 * overlap, and chunks are done in order, so all others can be copied in bulk.
 */
static void hw_copy(struct hw_cursor dst, struct hw_cursor src, u64 length)
{
	while (length) {
		u64 chunk = min3(length, hw_page_left(&dst), hw_page_left(&src));
		u64 *d = hw_at(&dst);
		const u64 *s = hw_at(&src);
		u64 i;

		if (((uintptr_t)d ^ (uintptr_t)s) & VGPU_PTE_ADDR)
			memcpy(d, s, chunk);
		else
			for (i = 0; i < chunk / 8; i++)
				WRITE_ONCE(d[i], READ_ONCE(s[i]));
		dst.offset += chunk;
		src.offset += chunk;
		length -= chunk;
	}
}

static void hw_mix_range(struct hw_cursor dst, struct hw_cursor src, u64 length, u64 salt)
{
	u64 index = 0;

	while (length) {
		u64 chunk = min3(length, hw_page_left(&dst), hw_page_left(&src));
		u64 *d = hw_at(&dst);
		const u64 *s = hw_at(&src);
		u64 i;

		for (i = 0; i < chunk / 8; i++)
			WRITE_ONCE(d[i], hw_mix(READ_ONCE(d[i]), READ_ONCE(s[i]), salt, index++));
		dst.offset += chunk;
		src.offset += chunk;
		length -= chunk;
	}
}

static bool hw_bad_length(u64 length)
{
	return length < 8 || length > VGPU_CMD_MAX_LENGTH || length % 8;
}

static enum vgpu_fault hw_fetch(struct hw_engine *engine, const struct vgpu_ctx_page *page, u64 va,
				u64 *word)
{
	enum vgpu_fault fault;
	void *where;

	fault = hw_mmu_translate(engine, page, va, false, &where);
	if (!fault)
		*word = READ_ONCE(*(const u64 *)where);
	return fault;
}

static enum vgpu_fault hw_fetch_command(struct hw_engine *engine, const struct vgpu_ctx_page *page,
					u64 va, u64 words_left, u64 *cmd)
{
	enum vgpu_fault fault;
	u32 op, words, i;

	fault = hw_fetch(engine, page, va, &cmd[0]);
	if (fault)
		return fault;

	engine->fault_va = va;
	op = VGPU_CMD_OP(cmd[0]);
	words = VGPU_CMD_WORDS(cmd[0]);
	if (op >= ARRAY_SIZE(hw_cmd_words) || !hw_cmd_words[op] || words != hw_cmd_words[op] ||
	    words > words_left || (cmd[0] & VGPU_CMD_ZERO))
		return VGPU_FAULT_ILLEGAL;
	if (VGPU_CMD_FLAGS(cmd[0]) & ~(op == VGPU_CMD_STORE ? VGPU_CMD_STORE_TIME : 0))
		return VGPU_FAULT_ILLEGAL;

	for (i = 1; i < words; i++) {
		fault = hw_fetch(engine, page, va + i * 8, &cmd[i]);
		if (fault)
			return fault;
	}
	return VGPU_FAULT_NONE;
}

static enum vgpu_fault hw_check_operands(struct hw_engine *engine, const u64 *cmd)
{
	bool armed;

	switch (VGPU_CMD_OP(cmd[0])) {
	case VGPU_CMD_FILL:
		if (cmd[1] % 8 || hw_bad_length(cmd[2]))
			return VGPU_FAULT_ILLEGAL;
		break;
	case VGPU_CMD_COPY:
	case VGPU_CMD_MIX:
		if (cmd[1] % 8 || cmd[2] % 8 || hw_bad_length(cmd[3]))
			return VGPU_FAULT_ILLEGAL;
		break;
	case VGPU_CMD_STORE:
	case VGPU_CMD_WAIT:
		if (cmd[1] % 8)
			return VGPU_FAULT_ILLEGAL;
		break;
	case VGPU_CMD_DELAY:
		if (cmd[1] > VGPU_CMD_MAX_DELAY)
			return VGPU_FAULT_ILLEGAL;
		break;
	case VGPU_CMD_HANG:
		armed = READ_ONCE(engine->hw->faults.arm_hangs);
		if (cmd[1] > (armed ? HW_HANG_MAX : HW_HANG_MAX_UNARMED))
			return VGPU_FAULT_ILLEGAL;
		break;
	case VGPU_CMD_FAULT:
		return VGPU_FAULT_COMMAND;
	}
	return VGPU_FAULT_NONE;
}

static enum vgpu_fault hw_translate_operands(struct hw_engine *engine,
					     const struct vgpu_ctx_page *page, const u64 *cmd)
{
	enum vgpu_fault fault;

	switch (VGPU_CMD_OP(cmd[0])) {
	case VGPU_CMD_FILL:
		return hw_mmu_translate_range(engine, page, cmd[1], cmd[2], true, engine->dst);
	case VGPU_CMD_COPY:
	case VGPU_CMD_MIX:
		fault = hw_mmu_translate_range(engine, page, cmd[1], cmd[3], true, engine->dst);
		if (fault)
			return fault;
		return hw_mmu_translate_range(engine, page, cmd[2], cmd[3], false, engine->src);
	case VGPU_CMD_STORE:
		return hw_mmu_translate_range(engine, page, cmd[1], 8, true, engine->dst);
	case VGPU_CMD_WAIT:
		return hw_mmu_translate_range(engine, page, cmd[1], 8, false, engine->src);
	}
	return VGPU_FAULT_NONE;
}

static u64 hw_store(struct hw_engine *engine, u64 *where, u64 value)
{
	/* after all that the commands before it did */
	smp_store_release(where, value);
	hw_block_stored(engine->hw, where, value);
	return 8;
}

/* True if it is over; else the context has to wait. */
static bool hw_wait_is_over(struct hw_engine *engine, const u64 *cmd)
{
	const struct hw_cursor src = { engine->src, cmd[1] & (VGPU_PAGE_SIZE - 1) };
	const u64 *where = hw_at(&src);

	/* before all that the commands after it do */
	if (smp_load_acquire(where) >= cmd[2])
		return true;
	engine->wait = (struct hw_wait){
		.where = where,
		.va = cmd[1],
		.value = cmd[2],
		.gpu = true,
	};
	return false;
}

/* Nothing can go wrong any more. Returns how many bytes were worked on. */
static u64 hw_take_effect(struct hw_engine *engine, struct vgpu_ctx_page *page, const u64 *cmd)
{
	struct hw_cursor dst = { engine->dst, cmd[1] & (VGPU_PAGE_SIZE - 1) };
	struct hw_cursor src = { engine->src, cmd[2] & (VGPU_PAGE_SIZE - 1) };

	switch (VGPU_CMD_OP(cmd[0])) {
	case VGPU_CMD_FILL:
		hw_fill(dst, cmd[2], cmd[3]);
		return cmd[2];
	case VGPU_CMD_COPY:
		hw_copy(dst, src, cmd[3]);
		return cmd[3];
	case VGPU_CMD_MIX:
		hw_mix_range(dst, src, cmd[3], cmd[4]);
		return cmd[3];
	case VGPU_CMD_STORE:
		return hw_store(engine, hw_at(&dst), VGPU_CMD_FLAGS(cmd[0]) & VGPU_CMD_STORE_TIME ?
				ktime_get_ns() : cmd[2]);
	case VGPU_CMD_DELAY:
		/* the engine sleeps before it goes on, see hw_engine.c */
		WRITE_ONCE(page->delay_left, cmd[1]);
		return 0;
	}
	return 0;
}

/**
 * hw_execute() - execute the command at an address
 * @engine: the engine
 * @page: context that runs
 * @va: GPU address of the command
 * @words_left: words from @va to the end of the command buffer
 * @result: zeroed; what became of it, unless it faults
 *
 * Context: The engine's thread, with a context on the engine. Does not sleep.
 * Return: %VGPU_FAULT_NONE, or why the command had no effect; then
 * &hw_engine.fault_va is the address at fault.
 */
enum vgpu_fault hw_execute(struct hw_engine *engine, struct vgpu_ctx_page *page, u64 va,
			   u64 words_left, struct hw_result *result)
{
	u64 cmd[VGPU_CMD_MAX_WORDS] = {};
	enum vgpu_fault fault;

	fault = hw_fetch_command(engine, page, va, words_left, cmd);
	if (!fault)
		fault = hw_check_operands(engine, cmd);
	if (!fault)
		fault = hw_translate_operands(engine, page, cmd);
	if (fault)
		return fault;

	result->words = VGPU_CMD_WORDS(cmd[0]);
	result->hang = VGPU_CMD_OP(cmd[0]) == VGPU_CMD_HANG;
	if (result->hang) {
		result->kind = cmd[1];
		return VGPU_FAULT_NONE;
	}
	kcsan_disable_current();
	if (VGPU_CMD_OP(cmd[0]) == VGPU_CMD_WAIT)
		result->blocked = !hw_wait_is_over(engine, cmd);
	result->cost = HW_COMMAND_NS + hw_take_effect(engine, page, cmd) / 8;
	kcsan_enable_current();
	return VGPU_FAULT_NONE;
}
