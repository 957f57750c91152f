/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct screen;

namespace info
{

/** A terminal that shows a page that changes. Whoever owns it has to see to it that it goes away
 * again. */
class Screen
{
public:
	/** Throws std::runtime_error if the terminal can't do it. */
	Screen();
	Screen(const Screen &) = delete;
	Screen &operator=(const Screen &) = delete;
	/** Gives the terminal back as it was. */
	~Screen();

	/** Shows a page from line @p first on; what doesn't fit is cut off. The first lines always
	 * stay. */
	void show(const std::vector<std::string> &fixed, const std::vector<std::string> &lines);

	/** What the user wants. */
	enum class Key { none, quit, redraw };

	/** Waits for a key, at most so long. Returns early when a signal comes. */
	Key wait(std::chrono::milliseconds time);

private:
	screen *terminal_;
	std::size_t first_ = 0, count_ = 0, room_ = 0;
};

} // namespace info
