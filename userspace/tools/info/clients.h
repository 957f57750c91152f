/* SPDX-License-Identifier: MIT */
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fdinfo.h"

namespace info
{

/** A process that has the file of a client open. */
struct Holder {
	int pid;
	std::string command;
};

/** An open file of a device. More than one process may have it, by fork() or by passing it on. */
struct Client {
	FdInfo use;
	std::vector<Holder> holders;
};

/**
 * All clients of a driver, by their ids. @p proc is "/proc".
 *
 * Of processes of other users only root sees the files; they are left out.
 */
std::vector<Client> find_clients(const std::filesystem::path &proc, const std::string &driver);

} // namespace info
