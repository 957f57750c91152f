/* SPDX-License-Identifier: MIT */
#include <algorithm>

#include "victims.h"

namespace stress
{

namespace
{

void add_link(std::vector<std::uint64_t> &block, std::uint64_t number)
{
	for (std::size_t i = 0; i < block.size(); i++)
		block[i] = drm_vgpu_mix(block[i], block[i], number, i);
}

} // namespace

std::vector<std::uint64_t> block_after(std::uint64_t links)
{
	std::vector<std::uint64_t> block(block_words, 0);

	for (std::uint64_t number = 1; number <= links; number++)
		add_link(block, number);
	return block;
}

std::optional<std::uint64_t> links_in(std::span<const std::uint64_t> first,
				      std::span<const std::uint64_t> second, std::uint64_t most)
{
	std::vector<std::uint64_t> block(block_words, 0), before;

	for (std::uint64_t links = 0; links <= most; links++) {
		if (std::equal(block.begin(), block.end(), first.begin(), first.end())) {
			const bool whole = std::equal(block.begin(), block.end(), second.begin(),
						      second.end());
			const bool half = links > 0 && std::equal(before.begin(), before.end(),
								  second.begin(), second.end());

			return whole || half ? std::optional(links) : std::nullopt;
		}
		before = block;
		add_link(block, links + 1);
	}
	return std::nullopt;
}

} // namespace stress
