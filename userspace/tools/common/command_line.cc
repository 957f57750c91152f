/* SPDX-License-Identifier: MIT */
#include <common/command_line.h>

#include <cerrno>
#include <exception>

#include <fmt/format.h>

#include <vgpu/error.h>

#include <common/exit_code.h>

namespace tool
{

std::optional<int> parse(CLI::App &app, int argc, char **argv)
{
	app.failure_message([](const CLI::App *failed, const CLI::Error &error) {
		return fmt::format("{}: {} (see --help)\n", failed->get_name(), error.what());
	});
	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &error) {
		return app.exit(error) == 0 ? exit_ok : exit_usage;
	}
	return {};
}

CLI::Option *add_json(CLI::App &app, std::string &file, const std::string &what)
{
	return app
		.add_option("--json", file, what + " as JSON; to the standard output without FILE")
		->expected(0, 1)
		->default_str("-")
		->option_text("[FILE]");
}

int guarded(const char *name, const std::function<int()> &work)
{
	try {
		return work();
	} catch (const UsageError &error) {
		fmt::print(stderr, "{}: {} (see --help)\n", name, error.what());
		return exit_usage;
	} catch (const vgpu::Error &error) {
		fmt::print(stderr, "{}: {}\n", name, error.what());
		return error.code() == ENODEV ? exit_no_device : exit_failed;
	} catch (const std::exception &error) {
		fmt::print(stderr, "{}: {}\n", name, error.what());
		return exit_failed;
	}
}

} // namespace tool
