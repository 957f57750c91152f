/* SPDX-License-Identifier: MIT */
#include "measurement.h"

#include <algorithm>

#include <common/command_line.h>

namespace bench
{

std::string Measurement::title() const
{
	std::string title = group;

	for (const auto &[name, value] : parameters)
		title += " " + name + "=" + value;
	return title;
}

std::vector<Measurement> all_measurements()
{
	std::vector<Measurement> all;

	for (auto *make :
	     {latency_measurements, throughput_measurements, bind_measurements, chain_measurements})
		for (Measurement &measurement : make())
			all.push_back(std::move(measurement));
	return all;
}

std::vector<Measurement> select(std::vector<Measurement> from,
				const std::vector<std::string> &wanted)
{
	std::vector<Measurement> selected;

	for (const std::string &start : wanted)
		if (std::none_of(from.begin(), from.end(), [&](const Measurement &measurement) {
			    return measurement.title().starts_with(start);
		    }))
			throw tool::UsageError("there is no measurement '" + start +
					       "'; --list has them");
	for (Measurement &measurement : from)
		if (wanted.empty() ||
		    std::any_of(wanted.begin(), wanted.end(), [&](const std::string &start) {
			    return measurement.title().starts_with(start);
		    }))
			selected.push_back(std::move(measurement));
	return selected;
}

} // namespace bench
