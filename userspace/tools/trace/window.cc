/* SPDX-License-Identifier: MIT */
#include "window.h"

#include <algorithm>
#include <vector>

#include <common/command_line.h>

namespace trace
{

namespace
{

std::uint64_t moment(const Timeline &timeline, double ms)
{
	return timeline.begin + static_cast<std::uint64_t>(std::max(ms, 0.) * 1e6);
}

} // namespace

Window choose_window(const Timeline &timeline, const WindowOptions &options)
{
	Window window = {timeline.begin, timeline.end};
	std::vector<std::uint64_t> ends;

	if (options.from_ms)
		window.from = moment(timeline, *options.from_ms);
	if (options.until_ms)
		window.until = std::min(window.until, moment(timeline, *options.until_ms));
	if (window.from >= window.until)
		throw tool::UsageError("there is no time between --from and --until");

	/* Without a time to begin at, what was before the first job is of no interest. */
	std::uint64_t first = window.until;
	for (const Queue &queue : timeline.queues)
		for (const Job &job : queue.jobs) {
			const std::uint64_t begin =
				job.queued.value_or(job.run.value_or(timeline.begin));
			const std::uint64_t end = job.done.value_or(timeline.end);

			if (!window.touches(begin, end))
				continue;
			ends.push_back(end);
			first = std::min(first, std::max(begin, window.from));
		}
	if (ends.empty())
		throw tool::UsageError("there is no job between --from and --until");
	if (!options.from_ms)
		window.from = first;
	if (ends.size() > options.most_jobs) {
		const auto last = ends.begin() + static_cast<std::ptrdiff_t>(options.most_jobs) - 1;

		std::nth_element(ends.begin(), last, ends.end());
		window.until = std::min(window.until, *last);
	} else {
		window.until = std::min(window.until, *std::max_element(ends.begin(), ends.end()));
	}
	window.until = std::max(window.until, window.from + 1);
	return window;
}

} // namespace trace
