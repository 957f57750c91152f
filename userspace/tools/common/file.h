/* SPDX-License-Identifier: MIT */
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tool
{

/** The whole file; empty when it can't be read, with the reason in errno. */
std::optional<std::string> try_read_file(const std::filesystem::path &path);

/** The whole file. Throws vgpu::Error. */
std::string read_file(const std::filesystem::path &path);

/** Writes a whole file; "-" is the standard output. Throws vgpu::Error, also when the disk is full.
 */
void write_file(const std::string &path, std::string_view text);

} // namespace tool
