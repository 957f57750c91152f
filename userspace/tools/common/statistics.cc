/* SPDX-License-Identifier: MIT */
#include <common/statistics.h>

#include <algorithm>
#include <cmath>

namespace tool
{

double quantile(const std::vector<double> &sorted, double part)
{
	const double rank = std::ceil(part * static_cast<double>(sorted.size()));

	return sorted[std::clamp<std::size_t>(static_cast<std::size_t>(rank), 1, sorted.size()) -
		      1];
}

Summary summarise(std::vector<double> samples)
{
	Summary summary;

	if (samples.empty())
		return summary;
	std::sort(samples.begin(), samples.end());
	summary.count = samples.size();
	summary.min = samples.front();
	summary.median = quantile(samples, 0.5);
	summary.p99 = quantile(samples, 0.99);
	summary.max = samples.back();
	summary.spread = quantile(samples, 0.75) - quantile(samples, 0.25);
	return summary;
}

} // namespace tool
