/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <algorithm>

namespace test
{

void Event::set()
{
	std::lock_guard lock(mutex_);

	set_ = true;
	changed_.notify_all();
}

bool Event::wait(std::chrono::milliseconds limit)
{
	std::unique_lock lock(mutex_);

	return changed_.wait_for(lock, limit, [this] { return set_; });
}

void Record::add(std::string line)
{
	std::lock_guard lock(mutex_);

	lines_.push_back(std::move(line));
	added_.notify_all();
}

std::vector<std::string> Record::all() const
{
	std::lock_guard lock(mutex_);

	return lines_;
}

std::vector<std::string> Record::starting_with(std::string_view start) const
{
	std::vector<std::string> found;
	std::lock_guard lock(mutex_);

	std::ranges::copy_if(lines_, std::back_inserter(found),
			     [&](const std::string &line) { return line.starts_with(start); });
	return found;
}

long Record::find(std::string_view line) const
{
	const auto found = std::ranges::find(lines_, line);

	return found == lines_.end() ? -1 : found - lines_.begin();
}

bool Record::has(std::string_view line) const
{
	return place(line) >= 0;
}

long Record::place(std::string_view line) const
{
	std::lock_guard lock(mutex_);

	return find(line);
}

bool Record::wait_for(std::string_view line, std::chrono::milliseconds limit) const
{
	std::unique_lock lock(mutex_);

	return added_.wait_for(lock, limit, [&] { return find(line) >= 0; });
}

} // namespace test
