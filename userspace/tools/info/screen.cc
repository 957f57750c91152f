/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include <curses.h>

namespace info
{

Screen::Screen() : terminal_(newterm(nullptr, stdout, stdin))
{
	if (!terminal_)
		throw std::runtime_error(
			"this kind of terminal can't show a page that changes (see "
			"$TERM, or use --once)");
	cbreak(); /* Ctrl-C stays a signal, which the caller catches */
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
}

Screen::~Screen()
{
	endwin();
	delscreen(terminal_);
}

void Screen::show(const std::vector<std::string> &fixed, const std::vector<std::string> &lines)
{
	const auto height = static_cast<std::size_t>(std::max(LINES, 1));
	int row = 0;

	room_ = height > fixed.size() ? height - fixed.size() : 0;
	count_ = lines.size();
	first_ = std::min(first_, count_ > room_ ? count_ - room_ : 0);
	erase();
	attron(A_REVERSE);
	for (const std::string &line : fixed)
		if (row < LINES)
			mvaddnstr(row++, 0, line.c_str(), COLS);
	attroff(A_REVERSE);
	for (std::size_t i = first_; i < count_ && row < LINES; i++)
		mvaddnstr(row++, 0, lines[i].c_str(), COLS);
	refresh();
}

Screen::Key Screen::wait(std::chrono::milliseconds time)
{
	const std::size_t last = count_ > room_ ? count_ - room_ : 0;

	timeout(static_cast<int>(time.count()));
	switch (getch()) {
	case 'q':
	case 'Q':
		return Key::quit;
	case KEY_DOWN:
		first_ = std::min(first_ + 1, last);
		return Key::redraw;
	case KEY_UP:
		first_ -= first_ > 0;
		return Key::redraw;
	case KEY_NPAGE:
		first_ = std::min(first_ + room_, last);
		return Key::redraw;
	case KEY_PPAGE:
		first_ -= std::min(first_, room_);
		return Key::redraw;
	case KEY_RESIZE:
		return Key::redraw;
	default:
		return Key::none;
	}
}

} // namespace info
