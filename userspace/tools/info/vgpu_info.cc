/* SPDX-License-Identifier: MIT */

/**
 * @file vgpu-info: what the virtual GPU is, who uses it, and how.
 *
 * The device is asked by an ioctl, which needs the right to open the render node. What clients use
 * is in fdinfo of the processes that have it open, in the kernel's common format for all DRM
 * drivers; it may be read by their owner and by root. The queues are in debugfs, which is root's.
 */

#include <fmt/format.h>

#include <common/command_line.h>
#include <common/device.h>
#include <common/exit_code.h>
#include <common/file.h>

#include "json.h"
#include "options.h"
#include "report.h"
#include "top.h"

namespace
{

using Command = info::Options::Command;

bool wants(const info::Options &options, Command command)
{
	return options.command == Command::all || options.command == command;
}

/* What is found, in the form that is wanted. */
class Answer
{
public:
	explicit Answer(const info::Options &options) : options_(options) {}

	void add(const char *name, nlohmann::ordered_json json, const std::string &text)
	{
		json_[name] = std::move(json);
		text_ += (text_.empty() ? "" : "\n") + text;
	}

	void write() const
	{
		if (options_.json_file.empty())
			tool::write_file("-", text_);
		else
			tool::write_file(options_.json_file, json_.dump(2) + "\n");
	}

private:
	const info::Options &options_;
	nlohmann::ordered_json json_;
	std::string text_;
};

int tell(const info::Options &options)
{
	Answer answer(options);

	if (wants(options, Command::device)) {
		const info::DeviceView device = info::look_at_device(tool::open_device());
		const tool::Kernel kernel = tool::this_kernel();
		auto json = info::to_json(device);

		json["kernel"] = tool::to_json(kernel);
		answer.add("device", std::move(json), info::describe_device(device, kernel));
	}

	const info::Snapshot snapshot = info::take_snapshot(options.sources);
	if (wants(options, Command::clients)) {
		auto json = nlohmann::ordered_json::array();

		for (const info::Client &client : snapshot.clients)
			json.push_back(info::to_json(client));
		answer.add("clients", std::move(json), info::describe_clients(snapshot.clients));
	}
	if (wants(options, Command::queues))
		answer.add("debugfs", info::to_json(snapshot.debugfs),
			   info::describe_queues(snapshot.debugfs));
	answer.write();
	/* Asked for nothing but the queues, and there is no way to see them. */
	return options.command == Command::queues && !snapshot.debugfs.missing.empty()
		       ? tool::exit_failed
		       : tool::exit_ok;
}

} // namespace

int main(int argc, char **argv)
{
	info::Options options;

	if (const std::optional<int> code = info::parse(argc, argv, options))
		return *code;
	return tool::guarded("vgpu-info", [&] {
		if (options.command != Command::top)
			return tell(options);
		/* Not an empty page for ever, if there is nothing to look at. */
		if (options.sources.proc == info::Sources().proc)
			tool::open_device();
		return info::run_top(options);
	});
}
