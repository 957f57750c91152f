/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <common/device.h>
#include <common/kernel.h>
#include <common/statistics.h>

#include "measurement.h"

namespace bench
{

/** What was measured of one thing. */
struct Row {
	std::string title, name, unit, what;
	std::vector<std::pair<std::string, std::string>> parameters;
	tool::Summary summary;
};

/** What the numbers belong to. */
struct Setting {
	tool::Kernel kernel;
	tool::DriverVersion driver;
	std::vector<drm_vgpu_engine_info> engines;
	double seconds = 0; /**< of each measurement */
};

/** For people: what the numbers belong to. */
std::string describe(const Setting &setting);

/** For people: a line as wide as head_line(). */
std::string describe(const Row &row);
std::string head_line();

/** For programs: everything. */
nlohmann::ordered_json to_json(const Setting &setting, const std::vector<Row> &rows,
			       bool interrupted);

} // namespace bench
