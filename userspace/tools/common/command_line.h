/* SPDX-License-Identifier: MIT */
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace tool
{

/** Reads the command line. @return an exit code if there is nothing left to do: help, or wrong
 * usage. */
std::optional<int> parse(CLI::App &app, int argc, char **argv);

/**
 * Adds "--json [FILE]". Without a FILE, or with "-", the JSON goes to the standard output and takes
 * the place of the text there.
 */
CLI::Option *add_json(CLI::App &app, std::string &file, const std::string &what);

/** Runs a tool's work and turns what it throws into a sentence and an exit code. */
int guarded(const char *name, const std::function<int()> &work);

/** A mistake of the user's that only the work finds out. */
class UsageError : public std::runtime_error
{
public:
	using std::runtime_error::runtime_error;
};

} // namespace tool
