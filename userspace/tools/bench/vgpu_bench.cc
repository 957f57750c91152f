/* SPDX-License-Identifier: MIT */

/**
 * @file vgpu-bench: how long things take that a client asks the virtual GPU for, and how many of
 * them there can be.
 *
 * Everything goes through the ioctls, as a client would do it, from one thread. The jobs do
 * nothing, so what is measured is the way there and back: the call, the queue, the driver, the
 * firmware, the interrupt, the wake-up. Numbers of a test kernel say how something compares to
 * something else there; that kernel is a process of another one, and its interrupts and clocks are
 * not those of a machine.
 */

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include <common/command_line.h>
#include <common/exit_code.h>
#include <common/file.h>
#include <common/interrupt.h>

#include "measurement.h"
#include "report.h"

namespace
{

struct Options {
	double seconds = 1;
	std::vector<std::string> only;
	std::string json_file;
	bool list = false;
};

std::optional<int> parse(int argc, char **argv, Options &options)
{
	CLI::App app(std::string("Measures latencies and rates of the virtual GPU as a client sees "
				 "them.\n") +
			     tool::exit_codes_help,
		     "vgpu-bench");

	auto *seconds = app.add_option("--seconds", options.seconds, "for each measurement")
				->check(CLI::Range(0.001, 3600.))
				->capture_default_str();
	app.add_flag_callback(
		   "--quick", [&] { options.seconds = 0.05; },
		   "a twentieth of a second for each, to see that it works")
		->excludes(seconds);
	app.add_option(
		   "--only", options.only,
		   "only measurements whose title begins so, such as \"latency\"; may be repeated")
		->allow_extra_args(false);
	app.add_flag("--list", options.list, "say what can be measured, and how");
	tool::add_json(app, options.json_file, "everything");
	return tool::parse(app, argc, argv);
}

int list(const std::vector<bench::Measurement> &measurements)
{
	std::string text;

	for (const bench::Measurement &measurement : measurements)
		text += fmt::format("{}\n    {}\n", measurement.title(), measurement.what);
	tool::write_file("-", text);
	return tool::exit_ok;
}

/* What is being done, where a person looks; gone when there is something to say. */
class Progress
{
public:
	void at(std::size_t number, std::size_t count, const std::string &title)
	{
		if (terminal_)
			fmt::print(stderr, "\r\x1b[K[{}/{}] {} ...", number, count, title);
	}

	~Progress() { clear(); }

	void clear()
	{
		if (terminal_)
			fmt::print(stderr, "\r\x1b[K");
	}

private:
	const bool terminal_ = isatty(STDERR_FILENO);
};

int measure(const Options &options, const std::vector<bench::Measurement> &measurements)
{
	const bool to_stdout = options.json_file == "-";
	vgpu::Device device = tool::open_device();
	const bench::Setting setting = {tool::this_kernel(), tool::driver_version(device.io().fd()),
					device.engines(), options.seconds};
	bench::Rig rig(std::move(device));
	std::vector<bench::Row> rows;
	Progress progress;
	std::size_t number = 0;

	tool::catch_interrupts();
	if (!to_stdout)
		tool::write_file("-", bench::describe(setting) + "\n" + bench::head_line() + "\n");
	for (const bench::Measurement &measurement : measurements) {
		progress.at(++number, measurements.size(), measurement.title());
		auto results = measurement.run(rig, bench::Budget(options.seconds));
		/* What was cut short is not what its title says. */
		if (tool::interrupted())
			break;
		progress.clear();
		for (bench::Result &result : results) {
			rows.push_back({measurement.title(), result.name, result.unit,
					measurement.what, measurement.parameters,
					tool::summarise(std::move(result.samples))});
			if (!to_stdout)
				tool::write_file("-", bench::describe(rows.back()) + "\n");
		}
	}
	if (!options.json_file.empty())
		tool::write_file(options.json_file,
				 bench::to_json(setting, rows, tool::interrupted()).dump(2) + "\n");
	return tool::interrupted() ? tool::exit_interrupted : tool::exit_ok;
}

} // namespace

int main(int argc, char **argv)
{
	Options options;

	if (const std::optional<int> code = parse(argc, argv, options))
		return *code;
	return tool::guarded("vgpu-bench", [&] {
		const auto measurements = bench::select(bench::all_measurements(), options.only);

		return options.list ? list(measurements) : measure(options, measurements);
	});
}
