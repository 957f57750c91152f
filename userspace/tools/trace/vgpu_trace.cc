/* SPDX-License-Identifier: MIT */

/**
 * @file vgpu-trace: what the queues of drm_dep did with their jobs, as pictures.
 *
 * The kernel's trace events say when a job was queued, what it depends on, what blocks it, when it
 * was handed to the hardware, and when it was done. "record" collects them while a program runs
 * (this needs root), keeps them as text, and makes the pictures; "convert" makes them again from
 * that text, on any machine.
 */

#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include <common/command_line.h>
#include <common/exit_code.h>
#include <common/file.h>
#include <common/table.h>

#include "options.h"
#include "page.h"
#include "perfetto.h"
#include "picture.h"
#include "recorder.h"
#include "summary.h"
#include "tracefs.h"

namespace
{

std::string read_input(const std::string &path)
{
	if (path != "-")
		return tool::read_file(path);
	return {std::istreambuf_iterator<char>(std::cin), {}};
}

/* "run.trace.txt" and "run.txt" become "run". */
std::string without_suffix(std::string name)
{
	for (const char *suffix : {".txt", ".trace"})
		if (name.ends_with(suffix) && name.size() > std::string_view(suffix).size())
			name.resize(name.size() - std::string_view(suffix).size());
	return name == "-" ? "vgpu-trace" : name;
}

/* A file that was not asked for by its name is written, too, unless others were. */
struct Files {
	std::string perfetto, html, svg;

	explicit Files(const trace::Options &options)
		: perfetto(options.perfetto_file), html(options.html_file), svg(options.svg_file)
	{
		if (!perfetto.empty() || !html.empty() || !svg.empty())
			return;
		perfetto = options.output + ".perfetto.json";
		html = options.output + ".html";
	}
};

void make_pictures(const trace::Options &options, const std::string &raw)
{
	const trace::Timeline timeline = trace::make_timeline(trace::parse_raw(raw));
	const trace::Summary summary = trace::summarise(timeline);
	const trace::Window window = trace::choose_window(timeline, options.window);
	const Files files(options);
	std::string written;
	bool to_stdout = options.json_file == "-";

	for (const auto &[path, make] :
	     {std::pair(files.perfetto,
			std::function([&] { return trace::to_perfetto(timeline); })),
	      std::pair(files.html,
			std::function([&] { return trace::to_html(timeline, summary, window); })),
	      std::pair(files.svg,
			std::function([&] { return trace::to_svg(timeline, window); }))}) {
		if (path.empty())
			continue;
		tool::write_file(path, make());
		to_stdout |= path == "-";
		written += fmt::format("wrote {}\n", path);
	}
	if (!options.json_file.empty())
		tool::write_file(options.json_file, trace::to_json(summary).dump(2) + "\n");
	/* Not among what somebody else is to read. */
	if (to_stdout)
		return;
	tool::write_file("-", trace::describe(summary) + written);
}

int record(trace::Options options)
{
	if (options.output.empty())
		options.output = "vgpu-trace";
	const trace::Recorded recorded = trace::record(options.recording);

	tool::write_file(options.output + ".trace.txt", recorded.text);
	if (recorded.status)
		fmt::print(stderr, "vgpu-trace: the command ended with {}\n", recorded.status);
	try {
		make_pictures(options, recorded.text);
	} catch (const std::exception &) {
		fmt::print(stderr, "vgpu-trace: the recording is {}.trace.txt\n", options.output);
		throw;
	}
	return recorded.status;
}

int convert(trace::Options options)
{
	if (options.output.empty())
		options.output = without_suffix(options.input);
	make_pictures(options, read_input(options.input));
	return tool::exit_ok;
}

int tell_events()
{
	tool::Table table({"GROUP", "EVENT", "HERE"});

	for (const trace::EventName &event : trace::known_events(trace::find_tracefs()))
		table.row({event.group, event.name, event.present ? "yes" : "no"});
	tool::write_file("-", table.text());
	return tool::exit_ok;
}

} // namespace

int main(int argc, char **argv)
{
	trace::Options options;

	if (const std::optional<int> code = trace::parse(argc, argv, options))
		return *code;
	return tool::guarded("vgpu-trace", [&] {
		switch (options.command) {
		case trace::Options::Command::convert:
			return convert(options);
		case trace::Options::Command::events:
			return tell_events();
		default:
			return record(options);
		}
	});
}
