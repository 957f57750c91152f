/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstddef>
#include <vector>

namespace tool
{

/** What there is to say about many measurements of one thing. */
struct Summary {
	std::size_t count = 0;
	double min = 0, median = 0, p99 = 0, max = 0;
	/** The middle half of all lies within so much. */
	double spread = 0;
};

/**
 * A value that @p part of all samples do not exceed: the smallest one for which that is so.
 *
 * @param sorted at least one, in ascending order
 * @param part from 0 to 1
 */
double quantile(const std::vector<double> &sorted, double part);

/** Sums samples up; all zero when there are none. */
Summary summarise(std::vector<double> samples);

} // namespace tool
