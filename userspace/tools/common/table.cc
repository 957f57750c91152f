/* SPDX-License-Identifier: MIT */
#include <common/table.h>

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace tool
{

namespace
{

bool is_number(const std::string &cell)
{
	return !cell.empty() && std::isdigit(static_cast<unsigned char>(cell[0]));
}

} // namespace

std::vector<std::string> Table::lines(const std::string &indent) const
{
	std::vector<std::size_t> widths;
	std::vector<std::string> lines;

	for (const auto &row : rows_) {
		widths.resize(std::max(widths.size(), row.size()));
		for (std::size_t i = 0; i < row.size(); i++)
			widths[i] = std::max(widths[i], row[i].size());
	}
	for (const auto &row : rows_) {
		std::string line = indent;

		for (std::size_t i = 0; i < row.size(); i++) {
			/* A head stands over its column as the first row has it. */
			const bool right = is_number(&row == &rows_[0] && rows_.size() > 1 &&
								     i < rows_[1].size()
							     ? rows_[1][i]
							     : row[i]);

			line += right ? fmt::format("{:>{}}", row[i], widths[i])
				      : fmt::format("{:<{}}", row[i], widths[i]);
			line += "  ";
		}
		line.erase(line.find_last_not_of(' ') + 1);
		lines.push_back(std::move(line));
	}
	return lines;
}

std::string Table::text(const std::string &indent) const
{
	std::string text;

	for (const std::string &line : lines(indent))
		text += line + "\n";
	return text;
}

} // namespace tool
