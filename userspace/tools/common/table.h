/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>
#include <vector>

namespace tool
{

/** Text in columns that are as wide as they have to be. Cells that begin with a digit are
 * right-aligned. */
class Table
{
public:
	explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}

	void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

	/** The lines, the head first, each after @p indent and without a newline. */
	std::vector<std::string> lines(const std::string &indent = {}) const;

	/** The same as one text. */
	std::string text(const std::string &indent = {}) const;

private:
	std::vector<std::vector<std::string>> rows_;
};

} // namespace tool
