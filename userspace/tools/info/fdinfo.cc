/* SPDX-License-Identifier: MIT */
#include "fdinfo.h"

#include <common/text.h>

namespace info
{

namespace
{

/* "123", "123 KiB", "123 MiB". */
std::optional<std::uint64_t> parse_bytes(std::string_view value)
{
	const auto words = tool::words(value);
	const auto count = words.empty() ? std::nullopt : tool::number(words[0]);

	if (!count || words.size() > 2)
		return {};
	if (words.size() == 1)
		return count;
	if (words[1] == "KiB")
		return *count << 10;
	if (words[1] == "MiB")
		return *count << 20;
	return {};
}

/* "123 ns". */
std::optional<std::uint64_t> parse_nanoseconds(std::string_view value)
{
	const auto words = tool::words(value);

	if (words.size() != 2 || words[1] != "ns")
		return {};
	return tool::number(words[0]);
}

bool take_prefix(std::string_view &text, std::string_view prefix)
{
	if (!text.starts_with(prefix))
		return false;
	text.remove_prefix(prefix.size());
	return true;
}

bool parse_engine(FdInfo &info, std::string_view key, std::string_view value)
{
	if (take_prefix(key, "drm-engine-capacity-")) {
		const auto capacity = tool::number(value);

		if (capacity && *capacity > 0)
			info.engines[std::string(key)].capacity = *capacity;
		return capacity.has_value();
	}
	if (!take_prefix(key, "drm-engine-"))
		return false;
	const auto busy = parse_nanoseconds(value);
	if (busy)
		info.engines[std::string(key)].busy_ns = *busy;
	return busy.has_value();
}

bool parse_memory(FdInfo &info, std::string_view key, std::string_view value)
{
	static constexpr struct {
		std::string_view prefix;
		std::uint64_t MemoryUse::*field;
	} kinds[] = {{"drm-total-", &MemoryUse::total},
		     {"drm-shared-", &MemoryUse::shared},
		     {"drm-resident-", &MemoryUse::resident},
		     {"drm-purgeable-", &MemoryUse::purgeable},
		     {"drm-active-", &MemoryUse::active}};

	for (const auto &kind : kinds) {
		if (!take_prefix(key, kind.prefix))
			continue;
		const auto amount = parse_bytes(value);
		if (amount)
			info.memory[std::string(key)].*kind.field = *amount;
		return amount.has_value();
	}
	return false;
}

} // namespace

std::optional<FdInfo> parse_fdinfo(std::string_view text)
{
	FdInfo info;
	bool has_client = false;

	for (const std::string_view line : tool::lines(text)) {
		const std::size_t colon = line.find(':');

		if (colon == std::string_view::npos)
			continue;
		const std::string_view key = tool::trimmed(line.substr(0, colon));
		const std::string_view value = tool::trimmed(line.substr(colon + 1));

		if (key == "drm-driver") {
			info.driver = value;
		} else if (key == "drm-client-id") {
			const auto id = tool::number(value);

			has_client = id.has_value();
			info.client_id = id.value_or(0);
		} else if (key == "drm-client-name") {
			info.client_name = value;
		} else if (!parse_engine(info, key, value) && !parse_memory(info, key, value) &&
			   (key.starts_with("drm-") || key.starts_with("vgpu"))) {
			info.other.emplace(key, value);
		}
	}
	if (info.driver.empty() || !has_client)
		return {};
	return info;
}

} // namespace info
