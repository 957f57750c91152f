/* SPDX-License-Identifier: MIT */
#include "clients.h"

#include <algorithm>
#include <map>

#include <common/file.h>
#include <common/text.h>

namespace info
{

namespace
{

namespace fs = std::filesystem;

/* Only files of devices: to open each of a busy machine's fdinfo files takes long. */
bool is_drm_file(const fs::path &link)
{
	std::error_code error;
	const fs::path target = fs::read_symlink(link, error);

	return !error && target.string().starts_with("/dev/dri/");
}

std::string command_of(const fs::path &process)
{
	return std::string(tool::trimmed(tool::try_read_file(process / "comm").value_or("(gone)")));
}

/* A process may go at any time; then what is missing is no error. */
void look_at(const fs::path &process, int pid, const std::string &driver,
	     std::map<std::uint64_t, Client> &clients)
{
	std::error_code error;

	for (fs::directory_iterator at(process / "fd", error), end; !error && at != end;
	     at.increment(error)) {
		if (!is_drm_file(at->path()))
			continue;
		const auto text = tool::try_read_file(process / "fdinfo" / at->path().filename());
		const auto use = text ? parse_fdinfo(*text) : std::nullopt;
		if (!use || use->driver != driver)
			continue;

		Client &client = clients[use->client_id];
		client.use = *use;
		if (std::none_of(client.holders.begin(), client.holders.end(),
				 [pid](const Holder &holder) { return holder.pid == pid; }))
			client.holders.push_back({pid, command_of(process)});
	}
}

} // namespace

std::vector<Client> find_clients(const fs::path &proc, const std::string &driver)
{
	std::map<std::uint64_t, Client> found;
	std::vector<Client> clients;
	std::error_code error;

	for (fs::directory_iterator at(proc, error), end; !error && at != end; at.increment(error))
		if (const auto pid = tool::number<int>(at->path().filename().string()))
			look_at(at->path(), *pid, driver, found);
	for (auto &[id, client] : found)
		clients.push_back(std::move(client));
	return clients;
}

} // namespace info
