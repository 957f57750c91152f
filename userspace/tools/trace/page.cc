/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <fmt/format.h>

#include <common/text.h>

#include "markup.h"
#include "picture.h"

namespace trace
{

namespace
{

constexpr const char *head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>vgpu-trace</title>
<style>
body{font:14px sans-serif;margin:16px;color:#222} table{border-collapse:collapse;margin:12px 0}
td,th{padding:2px 10px;text-align:right;border-bottom:1px solid #ddd;font-size:12px}
td:first-child,th:first-child{text-align:left} .lost{color:#d62728}
#scroll{overflow-x:auto;border:1px solid #ddd} #scroll svg{width:100%;height:auto}
</style></head><body>
)";

constexpr const char *zoom = R"(<label>zoom <input type="range" min="100" max="2000" value="100"
oninput="document.querySelector('#scroll svg').style.width=this.value+'%'"></label>
)";

std::string table(const Summary &summary)
{
	std::string text = "<table>";
	bool first = true;

	for (const auto &row : queue_table(summary)) {
		text += "<tr>";
		for (const std::string &cell : row)
			text += fmt::format("<{0}>{1}</{0}>", first ? "th" : "td", escaped(cell));
		text += "</tr>\n";
		first = false;
	}
	return text + "</table>\n";
}

} // namespace

std::string to_html(const Timeline &timeline, const Summary &summary, const Window &window)
{
	std::string text = head;

	if (summary.lost)
		text += fmt::format("<p class=\"lost\">{} events were lost: jobs are missing or "
				    "incomplete.</p>\n",
				    tool::grouped(summary.lost));
	text += zoom;
	text += "<div id=\"scroll\">" + to_svg(timeline, window) + "</div>\n";
	text += "<p>Times come from the kernel's trace and are exact to a microsecond. A job is on "
		"the "
		"device from when it was handed over, or from when the one before it in its queue "
		"was "
		"done, until its fence signalled; of several queues the device may have run only "
		"one at "
		"a time meanwhile. Point at something to see what it is.</p>\n";
	text += table(summary);
	return text + "</body></html>\n";
}

} // namespace trace
