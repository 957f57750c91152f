/* SPDX-License-Identifier: MIT */
#include "choices.h"
#include "scheduler.h"

#include <algorithm>
#include <charconv>

namespace sim
{

Choice::Kind kind_of(const Option &option)
{
	switch (option.kind) {
	case Option::Kind::interrupt:
		return Choice::Kind::interrupt;
	case Option::Kind::time:
		return Choice::Kind::time;
	default:
		return Choice::Kind::run;
	}
}

unsigned int preemptions_of(std::span<const Choice> choices)
{
	return static_cast<unsigned int>(std::ranges::count_if(
		choices, [](const Choice &choice) { return choice.preempts; }));
}

/* So that "no choices" is something that can be written. */
static constexpr std::string_view none = "none";

std::string to_text(std::span<const Choice> choices)
{
	std::string result;

	for (const Choice &choice : choices) {
		if (!result.empty())
			result += ',';
		if (choice.kind == Choice::Kind::number)
			result += 'n';
		else
			result += std::to_string(choice.fiber) + '.';
		result += std::to_string(choice.nth) + ':';
		if (choice.kind == Choice::Kind::time)
			result += 't';
		else
			result += std::to_string(choice.target);
		if (choice.kind == Choice::Kind::interrupt)
			result += 'i';
	}
	return result.empty() ? std::string(none) : result;
}

namespace
{

/* Reads from the start of a text. */
class Reader
{
public:
	explicit Reader(std::string_view text) : text_(text) {}

	bool at_end() const { return text_.empty(); }

	bool skip(char c)
	{
		if (text_.empty() || text_.front() != c)
			return false;
		text_.remove_prefix(1);
		return true;
	}

	bool number(unsigned int &value)
	{
		const char *end = text_.data() + text_.size();
		const auto [after, error] = std::from_chars(text_.data(), end, value);

		text_.remove_prefix(static_cast<std::size_t>(after - text_.data()));
		return error == std::errc();
	}

private:
	std::string_view text_;
};

bool read(Reader &reader, Choice &choice)
{
	choice = {};
	if (reader.skip('n')) {
		choice.kind = Choice::Kind::number;
		return reader.number(choice.nth) && reader.skip(':') &&
		       reader.number(choice.target);
	}
	if (!reader.number(choice.fiber) || !reader.skip('.') || !reader.number(choice.nth) ||
	    !reader.skip(':'))
		return false;
	if (reader.skip('t')) {
		choice.kind = Choice::Kind::time;
		return true;
	}
	if (!reader.number(choice.target))
		return false;
	choice.kind = reader.skip('i') ? Choice::Kind::interrupt : Choice::Kind::run;
	return true;
}

class Replay final : public Search
{
public:
	Replay(std::vector<Choice> choices, bool with_numbers)
		: choices_(std::move(choices)), with_numbers_(with_numbers)
	{
	}

	std::size_t choose(std::span<const Option> options) override
	{
		const Fiber &fiber = self();
		const Choice *choice = find(false, fiber.id, fiber.choices + 1);

		if (!choice)
			return 0;
		for (std::size_t i = 0; i < options.size(); i++)
			if (kind_of(options[i]) == choice->kind &&
			    (!options[i].fiber || options[i].fiber->id == choice->target))
				return i;
		return 0;
	}

	int choose_number(unsigned int nth, unsigned int below) override
	{
		if (!with_numbers_)
			return -1;

		const Choice *choice = find(true, 0, nth);

		return choice && choice->target < below ? static_cast<int>(choice->target) : 0;
	}

private:
	std::vector<Choice> choices_;
	bool with_numbers_;

	const Choice *find(bool number, unsigned int fiber, unsigned int nth) const
	{
		for (const Choice &choice : choices_)
			if ((choice.kind == Choice::Kind::number) == number &&
			    choice.fiber == fiber && choice.nth == nth)
				return &choice;
		return nullptr;
	}
};

} // namespace

bool from_text(std::string_view text, std::vector<Choice> &choices)
{
	Reader reader(text);

	choices.clear();
	if (text == none)
		return true;
	do
		if (!read(reader, choices.emplace_back()))
			return false;
	while (reader.skip(','));
	return reader.at_end();
}

std::unique_ptr<Search> make_replay(std::vector<Choice> choices, bool with_numbers)
{
	return std::make_unique<Replay>(std::move(choices), with_numbers);
}

} // namespace sim
