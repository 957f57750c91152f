/* SPDX-License-Identifier: MIT */
#include "sync_pool.h"

#include <algorithm>

namespace stress
{

bool SyncPool::is_free(const std::vector<Use> &uses, std::uint32_t first, std::uint32_t last,
		       const Use *except)
{
	return std::none_of(uses.begin(), uses.end(), [=](const Use &use) {
		return &use != except && use.first <= last && first <= use.last;
	});
}

std::optional<std::uint32_t> SyncPool::take(std::uint32_t producer_job,
					    std::uint32_t producer_batch,
					    std::uint32_t consumer_batch)
{
	for (std::uint32_t i = 0; i < objects_.size(); i++)
		for (Use &use : objects_[i])
			if (use.job == producer_job &&
			    is_free(objects_[i], use.first, std::max(use.last, consumer_batch),
				    &use)) {
				use.last = std::max(use.last, consumer_batch);
				use.consumers.push_back(consumer_batch);
				return first_ + i;
			}
	for (std::uint32_t i = 0; i < objects_.size(); i++)
		if (is_free(objects_[i], producer_batch, consumer_batch, nullptr)) {
			objects_[i].push_back(
				{producer_job, producer_batch, consumer_batch, {consumer_batch}});
			return first_ + i;
		}
	return std::nullopt;
}

void SyncPool::sort(std::vector<Use> &uses)
{
	std::sort(uses.begin(), uses.end(),
		  [](const Use &a, const Use &b) { return a.first < b.first; });
}

void SyncPool::forget()
{
	for (std::vector<Use> &uses : objects_)
		uses.clear();
}

} // namespace stress
