/* SPDX-License-Identifier: MIT */
/*
 * Containers of fences: arrays, and chains, in which each link has a fence and the link before it.
 * One may be inside another, in any order.
 */
#include "internal.h"

#include <vector>

namespace host
{

namespace
{

struct Array final : Fence {
	explicit Array(std::span<os_fence *const> fences_)
		: Fence(Kind::array, os_fence_context_alloc(), 1, 0),
		  fences(fences_.begin(), fences_.end())
	{
	}

	void last_put() override
	{
		for (os_fence *fence : fences)
			os_fence_put(fence);
	}

	void free_memory() override { delete this; }

	std::vector<os_fence *> fences;
};

struct Chain final : Fence {
	Chain(os_fence *before_, os_fence *fence_)
		: Fence(Kind::chain, os_fence_context_alloc(), 1, 0), before(before_), fence(fence_)
	{
	}

	void last_put() override
	{
		if (before)
			os_fence_put(before);
		os_fence_put(fence);
	}

	void free_memory() override { delete this; }

	os_fence *before;
	os_fence *fence;
};

} // namespace

os_fence *fence_array(std::span<os_fence *const> fences)
{
	return (new Array(fences))->base();
}

os_fence *fence_chain(os_fence *before, os_fence *fence)
{
	return (new Chain(before, fence))->base();
}

} // namespace host

using namespace host;

static int each(os_fence *fence, os_fence_each_fn fn, void *arg)
{
	Fence &self = Fence::of(fence);
	int ret = 0;

	switch (self.kind) {
	case Fence::Kind::array:
		for (os_fence *inside : static_cast<Array &>(self).fences) {
			ret = each(inside, fn, arg);
			if (ret)
				break;
		}
		return ret;
	case Fence::Kind::chain:
		/* The newest first, as Linux walks it. */
		while (fence && Fence::of(fence).kind == Fence::Kind::chain) {
			Chain &link = static_cast<Chain &>(Fence::of(fence));

			ret = each(link.fence, fn, arg);
			if (ret)
				return ret;
			fence = link.before;
		}
		return fence ? each(fence, fn, arg) : 0;
	default:
		return fn(fence, is_signalled(fence), arg);
	}
}

int os_fence_each(os_fence *fence, os_fence_each_fn fn, void *arg)
{
	os_might_sleep();
	return each(fence, fn, arg);
}
