/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <fmt/format.h>

#include <common/text.h>

namespace bench
{

namespace
{

constexpr const char *columns = "{:<41} {:<17} {:>8} {:>11} {:>11} {:>11} {:>11} {:>8}";

std::string value(const Row &row, double number)
{
	if (row.unit == "ns")
		return tool::duration(number);
	return tool::grouped(static_cast<std::uint64_t>(number + 0.5)) + "/s";
}

std::string engine_list(const Setting &setting)
{
	std::string text;

	for (const drm_vgpu_engine_info &engine : setting.engines)
		text += fmt::format("{}{} {}", text.empty() ? "" : ", ", engine.count,
				    tool::engine_name(engine.engine_class));
	return text;
}

} // namespace

std::string describe(const Setting &setting)
{
	return fmt::format(
		"vgpu-bench: {} {}.{}, engines: {}\n  {}\n  {} s for each measurement; times "
		"are of CLOCK_MONOTONIC, spread is what the middle half lies within\n",
		setting.driver.name, setting.driver.major, setting.driver.minor,
		engine_list(setting), describe(setting.kernel), setting.seconds);
}

std::string head_line()
{
	return fmt::format(columns, "MEASUREMENT", "OF", "SAMPLES", "MIN", "MEDIAN", "P99", "MAX",
			   "SPREAD");
}

std::string describe(const Row &row)
{
	const tool::Summary &summary = row.summary;
	const double spread = summary.median > 0 ? summary.spread / summary.median * 100 : 0;

	return fmt::format(columns, row.title, row.name, tool::grouped(summary.count),
			   value(row, summary.min), value(row, summary.median),
			   value(row, summary.p99), value(row, summary.max),
			   fmt::format("{:.0f}%", spread));
}

nlohmann::ordered_json to_json(const Setting &setting, const std::vector<Row> &rows,
			       bool interrupted)
{
	nlohmann::ordered_json json = {
		{"program", "vgpu-bench"},
		{"kernel", tool::to_json(setting.kernel)},
		{"driver",
		 {{"name", setting.driver.name},
		  {"version", {setting.driver.major, setting.driver.minor}}}},
		{"seconds_per_measurement", setting.seconds},
		{"interrupted", interrupted},
	};

	json["engines"] = nlohmann::ordered_json::object();
	for (const drm_vgpu_engine_info &engine : setting.engines)
		json["engines"][tool::engine_name(engine.engine_class)] = engine.count;
	json["measurements"] = nlohmann::ordered_json::array();
	for (const Row &row : rows) {
		nlohmann::ordered_json parameters = nlohmann::ordered_json::object();

		for (const auto &[name, setting_value] : row.parameters)
			parameters[name] = setting_value;
		json["measurements"].push_back({{"title", row.title},
						{"of", row.name},
						{"what", row.what},
						{"parameters", std::move(parameters)},
						{"unit", row.unit},
						{"samples", row.summary.count},
						{"min", row.summary.min},
						{"median", row.summary.median},
						{"p99", row.summary.p99},
						{"max", row.summary.max},
						{"spread", row.summary.spread}});
	}
	return json;
}

} // namespace bench
