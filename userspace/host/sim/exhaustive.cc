/* SPDX-License-Identifier: MIT */
/*
 * Each place where there was something to choose is a node of the path. The next schedule takes the
 * same path as far as the last node that has something left to try.
 *
 * Leaving a fiber that could go on costs one preemption, and so does it if time moves while
 * somebody could run; the rest is free. A state that was seen before, with no fewer preemptions
 * left, needs no second look: what follows was tried then.
 */
#include "exhaustive.h"
#include "history.h"
#include "scheduler.h"

namespace sim
{

/* The lowest bits of a slot say how many were left, and one more: 0 is an empty slot. */
static constexpr std::uint64_t left_bits = 15;

bool SeenStates::seen(std::uint64_t state, unsigned int left)
{
	const std::size_t mask = slots_.size() - 1;
	std::size_t i = (state >> 8) & mask;

	while (slots_[i] && (slots_[i] ^ state) & ~left_bits)
		i = (i + 1) & mask;
	if ((slots_[i] & left_bits) > left)
		return true;
	if (!slots_[i])
		used_++;
	slots_[i] = (state & ~left_bits) | (left + 1);
	if (used_ > slots_.size() / 2)
		grow();
	return false;
}

void SeenStates::grow()
{
	std::vector<std::uint64_t> old(slots_.size() * 2);

	old.swap(slots_);
	used_ = 0;
	for (std::uint64_t slot : old)
		if (slot)
			seen(slot, static_cast<unsigned int>(slot & left_bits) - 1);
}

void SeenStates::clear()
{
	slots_.assign(1 << 12, 0);
	used_ = 0;
}

Exhaustive::Exhaustive(unsigned int preemptions, bool prune, bool numbers)
	: bound_(preemptions), left_(preemptions), prune_(prune), numbers_(numbers)
{
}

bool Exhaustive::next()
{
	depth_ = 0;
	left_ = bound_;
	if (!begun_)
		return begun_ = true;
	while (!path_.empty()) {
		Node &last = path_.back();

		if (++last.tried < last.count)
			return true;
		path_.pop_back();
	}
	return false;
}

/* The node at this depth, where the path goes on or has just been made longer. */
std::size_t Exhaustive::follow(std::uint32_t fingerprint)
{
	const Node &node = path_[depth_++];

	if (node.fingerprint != fingerprint)
		fail("the same choices do not lead to the same place twice");
	if ((node.stays && node.tried) ||
	    (node.last_is_time && !node.stays && node.tried + 1 == node.count))
		left_--;
	return node.tried;
}

static std::uint32_t fingerprint_of(std::span<const Option> options)
{
	std::uint32_t result = 0x811c9dc5u;

	for (const Option &option : options)
		result = (result ^ (static_cast<std::uint32_t>(option.kind) << 24 ^
				    (option.fiber ? option.fiber->id : 0))) *
			 0x01000193u;
	return result;
}

std::size_t Exhaustive::choose(std::span<const Option> options)
{
	const std::uint32_t fingerprint = fingerprint_of(options);
	Node node = {};

	if (depth_ < path_.size())
		return follow(fingerprint);

	node.fingerprint = fingerprint;
	node.stays = options[0].kind == Option::Kind::go_on;
	node.last_is_time = options.back().kind == Option::Kind::time;
	node.count = static_cast<std::uint16_t>(options.size());
	if (!left_ && node.stays)
		node.count = 1;
	else if (!left_ && node.last_is_time) {
		node.count--;
		node.last_is_time = false;
	}
	if (prune_ && node.count > 1 && seen_.seen(state_of_schedule(node.stays), left_))
		return cut;
	path_.push_back(node);
	return follow(fingerprint);
}

int Exhaustive::choose_number(unsigned int, unsigned int below)
{
	if (!numbers_)
		return -1;
	if (depth_ == path_.size())
		path_.push_back({.fingerprint = below,
				 .tried = 0,
				 .count = static_cast<std::uint16_t>(below),
				 .stays = false,
				 .last_is_time = false});

	const std::size_t number = follow(below);

	saw(number);
	return static_cast<int>(number);
}

} // namespace sim
