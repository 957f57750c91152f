/* SPDX-License-Identifier: MIT */
#include <common/file.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include <vgpu/error.h>
#include <vgpu/unique_fd.h>

namespace tool
{

std::optional<std::string> try_read_file(const std::filesystem::path &path)
{
	/* Files of /proc and debugfs have no size that would tell how much there is. */
	const vgpu::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
	std::string text;
	char piece[16384];

	if (!fd)
		return {};
	while (true) {
		const ssize_t got = read(fd.get(), piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return {};
		if (got == 0)
			return text;
		text.append(piece, static_cast<std::size_t>(got));
	}
}

std::string read_file(const std::filesystem::path &path)
{
	if (std::optional<std::string> text = try_read_file(path))
		return *std::move(text);
	throw vgpu::Error(errno, "read", "read " + path.string());
}

void write_file(const std::string &path, std::string_view text)
{
	if (path == "-") {
		if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
		    std::fflush(stdout))
			throw vgpu::Error(errno, "write", "write to the standard output");
		return;
	}

	const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "we"),
								    std::fclose);

	if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
	    std::fflush(file.get()))
		throw vgpu::Error(errno, "write", "write " + path);
}

} // namespace tool
