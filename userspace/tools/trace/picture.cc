/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include <common/text.h>

#include "markup.h"

namespace trace
{

namespace
{

constexpr double width = 1400, left = 190, right = 20;
constexpr double row_height = 44, strip_height = 14;
constexpr double wait_height = 8, block_height = 6, job_height = 18;

/* Told apart by most people, also by those who see fewer colours (Okabe and Ito, 2008). */
constexpr const char *colours[] = {"#0072b2", "#009e73", "#cc79a7",
				   "#56b4e9", "#d55e00", "#8a7d00"};

constexpr const char *style = R"(
text{font:12px sans-serif;fill:#222} .dim{fill:#777;font-size:11px} .axis{stroke:#ccc}
.wait{fill:#999;fill-opacity:.35} .block{fill:#d62728} .dep{fill:none;stroke:#444;stroke-opacity:.35}
.held{fill:none;stroke:#d62728;stroke-opacity:.8} .frame{fill:none;stroke:#222} .load{fill:#777}
.job:hover{stroke:#000}
)";

class Picture
{
public:
	Picture(const Timeline &timeline, const Window &window)
		: timeline_(timeline), window_(window)
	{
		for (const Queue &queue : timeline.queues)
			if (!queue.jobs.empty())
				queues_.push_back(&queue);
		std::stable_sort(
			queues_.begin(), queues_.end(),
			[](const Queue *a, const Queue *b) { return a->client() < b->client(); });
	}

	std::string draw()
	{
		draw_legend();
		draw_overview();
		draw_axis();
		for (const Queue *queue : queues_)
			draw_row(*queue);
		draw_dependencies();
		draw_waits();
		draw_load();
		return fmt::format(
			"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" "
			"width=\"{:.0f}\" font-family=\"sans-serif\">\n<style>{}</style>\n"
			"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
			width, y_ + 10, width, style, body_);
	}

private:
	template <class... Arguments>
	void put(fmt::format_string<Arguments...> form, Arguments &&...arguments)
	{
		fmt::format_to(std::back_inserter(body_), form,
			       std::forward<Arguments>(arguments)...);
		body_ += '\n';
	}

	double x(std::uint64_t time) const { return scaled(time, window_.from, window_.until); }

	double x_of_all(std::uint64_t time) const
	{
		return scaled(time, timeline_.begin, timeline_.end);
	}

	static double scaled(std::uint64_t time, std::uint64_t from, std::uint64_t until)
	{
		const std::uint64_t inside = std::clamp(time, from, until);
		const double length = static_cast<double>(std::max<std::uint64_t>(until - from, 1));

		return left + static_cast<double>(inside - from) / length * (width - left - right);
	}

	std::string since_begin(std::uint64_t time) const
	{
		return tool::duration(static_cast<double>(time - timeline_.begin));
	}

	const char *colour(const Queue &queue) const
	{
		const auto at = clients_.insert(queue.client()).first;

		return colours[static_cast<std::size_t>(std::distance(clients_.begin(), at)) %
			       std::size(colours)];
	}

	std::string label(const Queue &queue) const
	{
		std::string text = queue.name.empty() ? std::to_string(queue.context) : queue.name;

		if (queue.client())
			text += fmt::format(", client {}", queue.client());
		return escaped(text);
	}

	void draw_legend()
	{
		for (const Queue *queue : queues_)
			clients_.insert(queue->client());
		put("<text x=\"10\" y=\"20\" style=\"font-size:16px\">{}</text>",
		    escaped(timeline_.command.empty() ? "jobs of drm_dep" : timeline_.command));
		put("<text x=\"10\" y=\"38\" class=\"dim\">{}</text>",
		    escaped(fmt::format(
			    "{} jobs of {} queues in {}; {}", tool::grouped(timeline_.job_count()),
			    queues_.size(),
			    tool::duration(static_cast<double>(timeline_.end - timeline_.begin)),
			    timeline_.kernel)));
		double at = 10;
		const auto sample = [&](const char *shape, const char *text) {
			put("<rect x=\"{:.0f}\" y=\"47\" width=\"22\" height=\"10\" {}/>", at,
			    shape);
			put("<text x=\"{:.0f}\" y=\"56\">{}</text>", at + 27, text);
			at += 37 + 6.4 * static_cast<double>(std::string_view(text).size());
		};
		sample("fill=\"#0072b2\"",
		       "on the device, the oldest of its queue (a colour per client)");
		sample("class=\"wait\"", "queued, not on the device (darker: several jobs)");
		sample("class=\"block\"", "the next job, blocked by a fence");
		sample("fill=\"none\" stroke=\"#d62728\"", "what it was blocked by");
		sample("fill=\"none\" stroke=\"#444\"", "other dependencies");
		y_ = 68;
	}

	/* How much of each of many short times a queue kept the device busy. */
	void draw_overview()
	{
		constexpr int pieces = 300;
		const double piece_width = (width - left - right) / pieces;
		const std::uint64_t length = timeline_.end - timeline_.begin;
		const double top = y_ += 14;

		put("<text x=\"10\" y=\"{:.0f}\" class=\"dim\">the whole run; the part below is "
		    "framed</text>",
		    y_ - 3);
		for (const Queue *queue : queues_) {
			put("<text x=\"10\" y=\"{:.1f}\">{}</text>", y_ + strip_height - 3,
			    label(*queue));
			for (int i = 0; i < pieces; i++) {
				const std::uint64_t from =
					timeline_.begin +
					length * static_cast<std::uint64_t>(i) / pieces;
				const std::uint64_t until =
					timeline_.begin +
					length * static_cast<std::uint64_t>(i + 1) / pieces;
				const double part =
					until > from
						? static_cast<double>(queue->busy(from, until)) /
							  static_cast<double>(until - from)
						: 0;

				if (part > 0)
					put("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" "
					    "height=\"{}\" fill=\"{}\" fill-opacity=\"{:.2f}\"/>",
					    left + i * piece_width, y_, piece_width,
					    strip_height - 2, colour(*queue), std::max(part, 0.08));
			}
			y_ += strip_height;
		}
		put("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\" "
		    "class=\"frame\"/>",
		    x_of_all(window_.from), top - 2,
		    std::max(x_of_all(window_.until) - x_of_all(window_.from), 2.), y_ - top + 2);
		y_ += 34;
	}

	/* A round step that gives some ten ticks. */
	double tick() const
	{
		const double rough = static_cast<double>(window_.length()) / 10;
		const double power = std::pow(10, std::floor(std::log10(std::max(rough, 1.))));

		for (const double factor : {1., 2., 5.})
			if (rough <= factor * power)
				return factor * power;
		return 10 * power;
	}

	void draw_axis()
	{
		const double step = tick();
		const double begin = static_cast<double>(window_.from - timeline_.begin);
		const double end = static_cast<double>(window_.until - timeline_.begin);
		const double bottom = y_ + row_height * static_cast<double>(queues_.size());

		for (double at = std::ceil(begin / step) * step; at <= end; at += step) {
			const double where = x(timeline_.begin + static_cast<std::uint64_t>(at));

			put("<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" "
			    "class=\"axis\"/>",
			    where, y_ - 4, bottom);
			put("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"dim\" "
			    "text-anchor=\"middle\">{}</text>",
			    where, y_ - 8, tool::duration(at));
		}
	}

	void draw_row(const Queue &queue)
	{
		const double waits_at = y_ + 4, blocks_at = waits_at + wait_height;
		const double jobs_at = blocks_at + block_height;

		rows_[queue.context] = y_;
		put("<text x=\"10\" y=\"{:.1f}\">{}</text>", jobs_at + 13, label(queue));
		for (const Job &job : queue.jobs) {
			const auto starts = job.first ? job.first : job.done;

			if (job.queued &&
			    window_.touches(*job.queued, starts.value_or(timeline_.end)))
				put("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" "
				    "height=\"{}\" "
				    "class=\"wait\"/>",
				    x(*job.queued), waits_at,
				    x(starts.value_or(timeline_.end)) - x(*job.queued),
				    wait_height);
			for (const Blocked &blocked : job.blocked)
				if (window_.touches(blocked.from, blocked.until))
					put("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" "
					    "height=\"{}\" class=\"block\"><title>{} is blocked by "
					    "{} "
					    "for {}</title></rect>",
					    x(blocked.from), blocks_at,
					    std::max(x(blocked.until) - x(blocked.from), .6),
					    block_height - 2, escaped(timeline_.name_of(job.fence)),
					    escaped(timeline_.name_of(blocked.by)),
					    tool::duration(static_cast<double>(blocked.until -
									       blocked.from)));
			if (job.ran() && window_.touches(*job.first, *job.done))
				put("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" "
				    "height=\"{}\" "
				    "fill=\"{}\" class=\"job\"><title>{}</title></rect>",
				    x(*job.first), jobs_at,
				    std::max(x(*job.done) - x(*job.first) - .3, .6), job_height,
				    colour(queue), escaped(story(job)));
		}
		y_ += row_height;
	}

	/* What there is to say about a job. */
	std::string story(const Job &job) const
	{
		std::string text = fmt::format(
			"{}\non the device from {} to {}: {}", timeline_.name_of(job.fence),
			since_begin(*job.first), since_begin(*job.done),
			tool::duration(static_cast<double>(*job.done - *job.first)));

		if (job.queued)
			text += fmt::format("\nqueued at {}, run at {}", since_begin(*job.queued),
					    since_begin(*job.run));
		for (const FenceId &fence : job.dependencies)
			text += "\ndepends on " + timeline_.name_of(fence);
		return text;
	}

	void draw_dependencies()
	{
		for (const Queue *queue : queues_)
			for (const Job &job : queue->jobs)
				for (const FenceId &fence : job.dependencies)
					draw_dependency(*queue, job, fence);
	}

	void draw_dependency(const Queue &queue, const Job &job, const FenceId &fence)
	{
		const Job *producer = timeline_.find(fence);

		if (!producer || !producer->done || !job.run || !rows_.contains(fence.context) ||
		    !window_.touches(*producer->done, *job.run))
			return;
		const bool held =
			std::any_of(job.blocked.begin(), job.blocked.end(),
				    [&](const Blocked &blocked) { return blocked.by == fence; });
		const double middle = 4 + wait_height + block_height + job_height / 2;
		const double x1 = x(*producer->done), x2 = x(*job.run);
		const double y1 = rows_[fence.context] + middle, y2 = rows_[queue.context] + middle;
		const double bend = std::max(std::abs(x2 - x1) / 2, 12.);

		put("<path d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}\" "
		    "class=\"{}\"/>",
		    x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2, held ? "held" : "dep");
	}

	/* Programs that wait in the kernel, a row each. */
	void draw_waits()
	{
		std::map<std::pair<int, std::string>, std::vector<const Wait *>> tasks;

		for (const Wait &wait : timeline_.waits)
			if (window_.touches(wait.from, wait.until))
				tasks[{wait.pid, wait.task}].push_back(&wait);
		for (const auto &[task, waits] : tasks) {
			put("<text x=\"10\" y=\"{:.1f}\" class=\"dim\">{} waits</text>", y_ + 11,
			    escaped(fmt::format("{}-{}", task.second, task.first)));
			for (const Wait *wait : waits)
				put("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"8\" "
				    "class=\"wait\"><title>waits for {}</title></rect>",
				    x(wait->from), y_ + 3,
				    std::max(x(wait->until) - x(wait->from), .6),
				    escaped(timeline_.name_of(wait->fence)));
			y_ += 16;
		}
	}

	/* How many queues have a job on the device, as steps. */
	void draw_load()
	{
		constexpr double height = 50;
		std::vector<std::pair<std::uint64_t, int>> changes;
		int now = 0, most = 1;

		for (const Queue *queue : queues_)
			for (const Job &job : queue->jobs)
				if (job.ran() && window_.touches(*job.first, *job.done)) {
					changes.emplace_back(*job.first, 1);
					changes.emplace_back(*job.done, -1);
				}
		/* Ends before beginnings: one job that follows another is no second one. */
		std::sort(changes.begin(), changes.end());
		for (const auto &[time, change] : changes)
			most = std::max(most, now += change);

		const double bottom = y_ + 12 + height;
		std::string path = fmt::format("M{:.1f} {:.1f}", left, bottom);
		now = 0;
		for (const auto &[time, change] : changes) {
			path += fmt::format("H{:.1f}", x(time));
			now += change;
			path += fmt::format("V{:.1f}", bottom - height * now / most);
		}
		path += fmt::format("V{:.1f}Z", bottom);
		put("<text x=\"10\" y=\"{:.1f}\">queues with a job</text>", bottom - height / 2);
		put("<text x=\"10\" y=\"{:.1f}\" class=\"dim\">on the device, at most {}</text>",
		    bottom - height / 2 + 14, most);
		put("<path d=\"{}\" class=\"load\"/>", path);
		y_ = bottom;
	}

	const Timeline &timeline_;
	const Window window_;
	std::vector<const Queue *> queues_;
	mutable std::set<std::uint64_t> clients_;
	std::map<std::uint64_t, double> rows_;
	std::string body_;
	double y_ = 0;
};

} // namespace

std::string to_svg(const Timeline &timeline, const Window &window)
{
	return Picture(timeline, window).draw();
}

} // namespace trace
