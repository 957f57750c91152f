/* SPDX-License-Identifier: MIT */
#include "markup.h"

namespace trace
{

std::string escaped(std::string_view text)
{
	std::string result;

	for (const char c : text) {
		switch (c) {
		case '&':
			result += "&amp;";
			break;
		case '<':
			result += "&lt;";
			break;
		case '>':
			result += "&gt;";
			break;
		case '"':
			result += "&quot;";
			break;
		default:
			/* XML has no way to write other control characters. */
			result += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t'
					  ? '?'
					  : c;
		}
	}
	return result;
}

} // namespace trace
