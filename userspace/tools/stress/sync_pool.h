/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace stress
{

/**
 * Binary sync objects that are used again and again.
 *
 * A binary object holds one fence. From the EXEC call that puts a fence in to the last one that
 * takes it out, no other may put one in. Each such use is a range of batches; uses of an object
 * don't overlap, and the threads keep their order (orders()).
 */
class SyncPool
{
public:
	/** The objects are numbered from @p first on. */
	SyncPool(std::uint32_t first, std::uint32_t count) : first_(first), objects_(count) {}

	/**
	 * The object by which @p producer_job, of one batch, can be waited for by a job of
	 * another or the same; none when all are taken.
	 */
	std::optional<std::uint32_t> take(std::uint32_t producer_job, std::uint32_t producer_batch,
					  std::uint32_t consumer_batch);

	/** Calls @p f(earlier, later) for pairs of batches that must be submitted in this order. */
	template <class F>
	void orders(F &&f);

	/** All uses so far are over. */
	void forget();

private:
	struct Use {
		std::uint32_t job;
		std::uint32_t first;		      /* batch */
		std::uint32_t last;		      /* batch */
		std::vector<std::uint32_t> consumers; /* batches */
	};

	static bool is_free(const std::vector<Use> &uses, std::uint32_t first, std::uint32_t last,
			    const Use *except);
	static void sort(std::vector<Use> &uses);

	std::uint32_t first_;
	std::vector<std::vector<Use>> objects_;
};

template <class F>
void SyncPool::orders(F &&f)
{
	for (std::vector<Use> &uses : objects_) {
		sort(uses);
		for (std::size_t i = 1; i < uses.size(); i++) {
			f(uses[i - 1].first, uses[i].first);
			for (const std::uint32_t consumer : uses[i - 1].consumers)
				f(consumer, uses[i].first);
		}
	}
}

} // namespace stress
