/* SPDX-License-Identifier: MIT */
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>

/** A folder for the files of a test. It goes with its owner. */
class TemporaryFolder
{
public:
	TemporaryFolder()
	{
		std::string name = std::filesystem::temp_directory_path() / "vgpu-test-XXXXXX";

		if (!mkdtemp(name.data()))
			throw std::runtime_error("can't make a folder for the test");
		path = name;
	}
	TemporaryFolder(const TemporaryFolder &) = delete;
	TemporaryFolder &operator=(const TemporaryFolder &) = delete;
	~TemporaryFolder()
	{
		std::error_code ignored;

		std::filesystem::remove_all(path, ignored);
	}

	/** Writes a file, and makes the folders that it is in. */
	void write(const std::string &name, const std::string &text) const
	{
		std::filesystem::create_directories((path / name).parent_path());
		std::ofstream(path / name) << text;
	}

	/** Makes a link, which may lead nowhere. */
	void link(const std::string &name, const std::string &target) const
	{
		std::filesystem::create_directories((path / name).parent_path());
		std::filesystem::create_symlink(target, path / name);
	}

	std::filesystem::path path;
};
