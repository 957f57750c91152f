/* SPDX-License-Identifier: MIT */
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "generator.h"
#include "schedule.h"

namespace stress
{

namespace
{

class GeneratorTest : public ::testing::TestWithParam<std::uint64_t>
{
protected:
	std::size_t phase_of(std::uint32_t job) const
	{
		std::size_t phase = 0;

		while (job >= world_.phases[phase].first_job + world_.phases[phase].job_count)
			phase++;
		return phase;
	}

	const World world_ = generate(small_shape(GetParam()));
};

TEST_P(GeneratorTest, TheSameSeedMakesTheSameWorld)
{
	const World again = generate(small_shape(GetParam()));

	EXPECT_TRUE(expected_contents(again).back() == expected_contents(world_).back());
	EXPECT_EQ(again.edges.size(), world_.edges.size());
	EXPECT_EQ(again.batches.size(), world_.batches.size());
}

TEST_P(GeneratorTest, AnotherSeedMakesAnotherWorld)
{
	const World other = generate(small_shape(GetParam() + 1000));

	EXPECT_FALSE(expected_contents(other).back() == expected_contents(world_).back());
}

TEST_P(GeneratorTest, MakesAsManyJobsAsAskedFor)
{
	std::uint32_t in_phases = 0, in_batches = 0;

	for (const Phase &phase : world_.phases)
		in_phases += phase.job_count;
	for (const Batch &batch : world_.batches)
		in_batches += batch.job_count;
	EXPECT_EQ(world_.jobs.size(), 240u);
	EXPECT_EQ(in_phases, 240u);
	EXPECT_EQ(in_batches, 240u);
	EXPECT_EQ(world_.phases.size(), 2u);
}

TEST_P(GeneratorTest, HasEveryKindOfEdge)
{
	const auto count = [this](auto &&f) {
		return std::count_if(world_.edges.begin(), world_.edges.end(), f);
	};

	EXPECT_GT(count([](const Edge &e) { return e.kind == EdgeKind::binary; }), 0);
	EXPECT_GT(count([](const Edge &e) { return e.kind == EdgeKind::timeline; }), 0);
	EXPECT_GT(count([](const Edge &e) { return e.cross_process; }), 0);
	EXPECT_GT(count([](const Edge &e) { return !e.cross_process; }), 0);
	EXPECT_GT(count([](const Edge &e) { return e.in_exec; }), 0);
	EXPECT_GT(count([](const Edge &e) { return e.needed; }), 50);
}

TEST_P(GeneratorTest, EveryEdgeGoesForwardAndToAnotherQueueOrLife)
{
	for (const Edge &edge : world_.edges) {
		EXPECT_LT(edge.from, edge.to);
		EXPECT_NE(world_.jobs[edge.from].life, world_.jobs[edge.to].life);
	}
}

/* Plays the submission through: every wait must find the fence of the job that it means. */
TEST_P(GeneratorTest, EverySyncFindsTheFenceThatItIsMeantFor)
{
	std::map<std::uint32_t, std::uint32_t> binary; /* object: job */
	std::map<std::uint32_t, std::map<std::uint64_t, std::uint32_t>>
		points; /* object: point: job */
	std::set<std::pair<std::uint32_t, std::uint32_t>> found;

	for (std::uint32_t i = 0; i < world_.jobs.size(); i++) {
		const Job &job = world_.jobs[i];

		for (const SyncUse &use : job.syncs) {
			if (!use.wait)
				continue;
			if (use.timeline) {
				const auto at = points[use.object].lower_bound(use.point);

				ASSERT_NE(at, points[use.object].end());
				found.insert({at->second, i});
			} else {
				ASSERT_TRUE(binary.count(use.object));
				found.insert({binary[use.object], i});
			}
		}
		for (const SyncUse &use : job.syncs) {
			if (use.wait)
				continue;
			if (use.timeline) {
				ASSERT_TRUE(points[use.object].empty() ||
					    points[use.object].rbegin()->first < use.point);
				ASSERT_EQ(use.object, job.queue);
				points[use.object][use.point] = i;
			} else {
				binary[use.object] = i;
			}
		}
	}
	for (const Edge &edge : world_.edges)
		EXPECT_TRUE(found.count({edge.from, edge.to}))
			<< "from " << edge.from << " to " << edge.to;
	EXPECT_EQ(found.size(), world_.edges.size());
}

/* Threads that submit in whatever order their batches allow. */
class Submission
{
public:
	explicit Submission(const World &world) : world_(world), done_(world.threads(), 0)
	{
		for (const Edge &edge : world.edges)
			edges_.insert({edge.from, edge.to});
	}

	void run(const Phase &phase, Random &random)
	{
		std::vector<std::vector<std::uint32_t>> todo(world_.threads());
		std::vector<std::size_t> next(world_.threads(), 0);

		for (std::uint32_t i = 0; i < phase.batch_count; i++)
			todo[world_.batches[phase.first_batch + i].thread].push_back(
				phase.first_batch + i);
		for (std::uint32_t left = phase.batch_count; left > 0;) {
			const std::size_t thread = random.below(todo.size());

			if (next[thread] == todo[thread].size())
				continue;
			const Batch &batch = world_.batches[todo[thread][next[thread]]];
			if (!ready(batch))
				continue;
			ASSERT_EQ(batch.ordinal, done_[thread]);
			submit(batch);
			next[thread]++;
			done_[thread]++;
			left--;
		}
	}

private:
	bool ready(const Batch &batch) const
	{
		return std::all_of(
			batch.after.begin(), batch.after.end(),
			[this](const SubmitAfter &a) { return done_[a.thread] >= a.count; });
	}

	void submit(const Batch &batch)
	{
		for (std::uint32_t i = 0; i < batch.job_count; i++) {
			const std::uint32_t number = batch.first_job + i;

			for (const SyncUse &use : world_.jobs[number].syncs) {
				if (use.wait && use.timeline) {
					EXPECT_LE(use.point, last_point_[use.object]);
				} else if (use.wait) {
					EXPECT_TRUE(edges_.count({binary_[use.object], number}));
				}
			}
			for (const SyncUse &use : world_.jobs[number].syncs) {
				if (use.wait)
					continue;
				if (use.timeline)
					last_point_[use.object] = use.point;
				else
					binary_[use.object] = number;
			}
		}
	}

	const World &world_;
	std::vector<std::uint32_t> done_; /* batches of each thread */
	std::set<std::pair<std::uint32_t, std::uint32_t>> edges_;
	std::map<std::uint32_t, std::uint32_t> binary_;
	std::map<std::uint32_t, std::uint64_t> last_point_;
};

TEST_P(GeneratorTest, EveryOrderOfSubmissionFindsTheSameFences)
{
	Random random(GetParam());

	for (int round = 0; round < 10; round++) {
		Submission submission(world_);

		for (const Phase &phase : world_.phases)
			submission.run(phase, random);
	}
}

TEST_P(GeneratorTest, NothingReachesForOthersPrivateBuffers)
{
	for (const Job &job : world_.jobs)
		for (const Command &command : job.commands)
			for (const std::uint32_t buffer : {command.dst, command.src}) {
				const Buffer &b = world_.buffers[buffer];

				EXPECT_TRUE(b.shared() ||
					    b.process == world_.queues[job.queue].process);
				EXPECT_NE(b.kind, BufferKind::guard);
			}
}

TEST_P(GeneratorTest, CommandsStayWithinTheirBuffers)
{
	for (const Job &job : world_.jobs)
		for (const Command &command : job.commands) {
			EXPECT_LE(command.dst_offset + command.length,
				  world_.buffers[command.dst].bytes);
			EXPECT_LE(command.src_offset + command.length,
				  world_.buffers[command.src].bytes);
			EXPECT_EQ((command.dst_offset | command.src_offset | command.length) % 8,
				  0u);
		}
}

TEST_P(GeneratorTest, OneJobInEightEndsWithADelayBeforeItsLastMix)
{
	std::size_t delays = 0;

	for (const Job &job : world_.jobs)
		for (std::size_t i = 0; i < job.commands.size(); i++)
			if (job.commands[i].op == Op::delay) {
				EXPECT_EQ(job.commands[i + 1].op, Op::mix);
				EXPECT_GE(job.commands[i].value, 100'000u);
				EXPECT_LE(job.commands[i].value, 500'000u);
				delays++;
			}
	EXPECT_GT(delays, 240u / 24);
	EXPECT_LT(delays, 240u / 4);
}

TEST_P(GeneratorTest, OnlyTheMortalQueueDies)
{
	std::uint64_t faults = 0, kills = 0;

	for (const Job &job : world_.jobs) {
		EXPECT_EQ(job.first_bad != UINT32_MAX, job.expected_error != 0);
		if (job.expected_error) {
			EXPECT_EQ(world_.lives[job.life].death, Death::fault);
		}
		if (world_.queues[job.queue].mortal) {
			EXPECT_NE(job.status_slot, UINT32_MAX);
		}
	}
	for (const Life &life : world_.lives) {
		if (life.death != Death::none) {
			EXPECT_TRUE(world_.queues[life.queue].mortal);
		}
		faults += life.death == Death::fault;
		kills += life.death == Death::kill;
	}
	EXPECT_EQ(faults, world_.planned_faults);
	EXPECT_EQ(kills, world_.planned_kills);
	EXPECT_GT(faults, 0u);
	EXPECT_GT(kills, 0u);
}

/* What follows a fault in the same call is cancelled; in another call it is on a new queue. */
TEST_P(GeneratorTest, ALifeEndsWithItsCallAndTheNextWaitsForIt)
{
	std::map<std::uint32_t, std::uint32_t> last; /* life of each queue */
	std::set<std::pair<std::uint32_t, std::uint32_t>> edges;

	for (const Edge &edge : world_.edges)
		edges.insert({edge.from, edge.to});
	for (std::uint32_t i = 0; i < world_.jobs.size(); i++) {
		const Job &job = world_.jobs[i];
		const Life &life = world_.lives[job.life];

		EXPECT_EQ(life.queue, job.queue);
		if (life.bad_job != nobody && life.bad_job < i) {
			EXPECT_EQ(job.batch, world_.jobs[life.bad_job].batch);
			EXPECT_EQ(job.expected_error, -ECANCELED);
			EXPECT_EQ(job.first_bad, 0u);
		}
		if (life.first_job == i && last.count(job.queue)) {
			const Life &before = world_.lives[last[job.queue]];

			EXPECT_NE(before.death, Death::none);
			EXPECT_LT(world_.jobs[before.last_job].batch, job.batch);
			if (phase_of(before.last_job) == phase_of(i)) {
				EXPECT_TRUE(edges.count({before.last_job, i}));
			}
		}
		last[job.queue] = job.life;
	}
	for (const Batch &batch : world_.batches)
		if (batch.kill_life != nobody) {
			EXPECT_EQ(world_.lives[batch.kill_life].death, Death::kill);
			EXPECT_GE(world_.lives[batch.kill_life].last_job, batch.first_job);
			EXPECT_LT(world_.lives[batch.kill_life].last_job,
				  batch.first_job + batch.job_count);
		}
}

TEST(Deaths, AreCountedPerPhaseAndKillsCanBeLeftOut)
{
	Shape shape = small_shape(7);

	shape.jobs = 6000;
	shape.checkpoints = 1;
	EXPECT_LE(generate(shape).planned_faults + generate(shape).planned_kills,
		  std::uint64_t{shape.processes} * max_deaths_per_phase);
	shape.kills = false;
	EXPECT_EQ(generate(shape).planned_kills, 0u);
}

TEST_P(GeneratorTest, EachJobsCallsHaveAllOfItsCommands)
{
	for (const Job &job : world_.jobs) {
		std::size_t sum = 0;

		for (const std::uint32_t count : job.calls) {
			EXPECT_GT(count, 0u);
			sum += count;
		}
		EXPECT_EQ(sum, job.commands.size());
	}
}

TEST_P(GeneratorTest, TheLastJobOfEachQueueCanBeWaitedFor)
{
	for (const Phase &phase : world_.phases) {
		std::map<std::uint32_t, const Job *> last;

		for (std::uint32_t i = 0; i < phase.job_count; i++) {
			const Job &job = world_.jobs[phase.first_job + i];
			last[job.queue] = &job;
		}
		for (const auto &[queue, job] : last)
			EXPECT_TRUE(std::any_of(job->syncs.begin(), job->syncs.end(),
						[q = queue](const SyncUse &use) {
							return use.object == q && !use.wait;
						}));
	}
}

INSTANTIATE_TEST_SUITE_P(Seeds, GeneratorTest, ::testing::Range<std::uint64_t>(1, 6));

TEST(Shapes, ThatCantBeAreRefusedInWords)
{
	const auto with = [](auto &&change) {
		Shape shape;
		change(shape);
		return problem_with(shape);
	};

	EXPECT_EQ(problem_with(Shape()), "");
	EXPECT_NE(with([](Shape &s) { s.processes = 0; }), "");
	EXPECT_NE(with([](Shape &s) { s.queues = s.threads - 1; }), "");
	EXPECT_NE(with([](Shape &s) { s.buffer_bytes = 5000; }), "");
	EXPECT_NE(with([](Shape &s) { s.jobs = 2; }), "");
	EXPECT_NE(with([](Shape &s) { s.processes = 64; }), "");
	EXPECT_NE(with([](Shape &s) { s.shared_buffers = 0; }), "");
}

TEST(Shapes, OfOneProcessAndOneQueueWork)
{
	Shape shape = small_shape(3);

	shape.processes = shape.threads = shape.queues = shape.vms = 1;
	const World world = generate(shape);
	Random random(3);

	EXPECT_TRUE(execute_in_order(world, Schedule(world).random(random)) ==
		    expected_contents(world).back());
}

TEST(Seeds, OfRoundsDifferAndTheFirstIsItself)
{
	EXPECT_EQ(round_seed(42, 0), 42u);
	EXPECT_NE(round_seed(42, 1), round_seed(42, 2));
	EXPECT_NE(round_seed(42, 1), round_seed(43, 1));
}

} // namespace

} // namespace stress
