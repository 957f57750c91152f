/* SPDX-License-Identifier: MIT */
/*
 * Programs of operations, against the model: drawn at random, and those of the corpus.
 *
 * DRM_DEP_PROGRAMS says how many are drawn, from DRM_DEP_SEED. One that fails is made shorter as
 * long as it fails. DRM_DEP_PROGRAM is one to run instead of the corpus, two digits a byte.
 */
#include "program_run.h"
#include "program_step.h"
#include "random.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace test;

namespace
{

/* The first one mostly is a number of something, and there is not much of it. */
rc::Gen<Bytes> operands(program_kind kind)
{
	const auto any = rc::gen::cast<unsigned char>(rc::gen::inRange(0, 256));
	const auto few = rc::gen::cast<unsigned char>(rc::gen::inRange(0, 32));

	return rc::gen::map(
		rc::gen::pair(kind == PROGRAM_QUEUE ? any : few,
			      rc::gen::container<Bytes>(program_operands(kind) - 1, any)),
		[](std::pair<unsigned char, Bytes> drawn) {
			drawn.second.insert(drawn.second.begin(), drawn.first);
			return std::move(drawn.second);
		});
}

/* An operation as bytes. What happens more often has a greater weight. */
rc::Gen<Bytes> operation()
{
	const auto kind = rc::gen::weightedElement<program_kind>({
		{2, PROGRAM_QUEUE},
		{1, PROGRAM_QUEUE_PUT},
		{6, PROGRAM_JOB},
		{6, PROGRAM_DEPEND},
		{6, PROGRAM_ARM},
		{6, PROGRAM_PUSH},
		{2, PROGRAM_JOB_PUT},
		{2, PROGRAM_DONE},
		{1, PROGRAM_LATE},
		{3, PROGRAM_HARDWARE},
		{4, PROGRAM_FENCE},
		{2, PROGRAM_STOP},
		{3, PROGRAM_START},
		{1, PROGRAM_KILL},
		{2, PROGRAM_RESUBMIT},
		{2, PROGRAM_LIMIT},
		{2, PROGRAM_MESSAGE},
		{1, PROGRAM_IDLE},
	});

	return rc::gen::mapcat(kind, [](program_kind drawn) {
		return rc::gen::map(operands(drawn), [drawn](Bytes bytes) {
			bytes.insert(bytes.begin(), static_cast<unsigned char>(drawn));
			return bytes;
		});
	});
}

/*
 * A job that is armed and pushed at once, as most jobs are: an operand of 0 is the first that can
 * be. By single operations few jobs get so far, and what only happens among several that run is
 * hardly seen.
 */
rc::Gen<Bytes> submission()
{
	return rc::gen::map(operands(PROGRAM_JOB), [](Bytes bytes) {
		bytes.insert(bytes.begin(), PROGRAM_JOB);
		bytes.insert(bytes.end(), {PROGRAM_ARM, 0, PROGRAM_PUSH, 0});
		return bytes;
	});
}

/* Long ones, and the shorter ones that come of leaving operations out. */
rc::Gen<std::vector<Bytes>> operations()
{
	return rc::gen::withSize([](int size) {
		return rc::gen::mapcat(rc::gen::inRange(size, 2 * size + 10), [](int n) {
			return rc::gen::resize(
				n, rc::gen::container<std::vector<Bytes>>(
					   rc::gen::noShrink(rc::gen::weightedOneOf<Bytes>(
						   {{5, operation()}, {1, submission()}}))));
		});
	});
}

TEST(Property, RandomProgramsDoAsTheModelSays)
{
	/* The only way to tell it; printed by seed(). */
	const std::string parameters = "seed=" + std::to_string(seed()) + " max_success=" +
				       std::to_string(setting("DRM_DEP_PROGRAMS", 3000)) +
				       " max_size=60";

	setenv("RC_PARAMS", parameters.c_str(), 0);
	EXPECT_TRUE(rc::check("random programs do as the model says", [] {
		Bytes bytes;

		for (const Bytes &one : *operations())
			bytes.insert(bytes.end(), one.begin(), one.end());

		const std::string failure = run_program(bytes);

		if (!failure.empty())
			RC_FAIL(failure);
	}));
}

TEST(Property, CorpusDoesAsTheModelSays)
{
	const char *given = std::getenv("DRM_DEP_PROGRAM");
	const std::vector<Bytes> programs = given ? std::vector<Bytes>{from_hex(given)} : corpus();

	ASSERT_FALSE(programs.empty());
	for (const Bytes &program : programs)
		for (unsigned int flags = 0; flags <= (MODEL_BYPASS | MODEL_PUT_IRQ_SAFE);
		     flags++) {
			const std::string failure = run_program(program, flags);

			ASSERT_TRUE(failure.empty()) << failure;
		}
}

/* What the decoder makes of bytes is what everybody relies on who has kept some. */
TEST(Property, ProgramsKeepTheirMeaning)
{
	const Bytes bytes = from_hex("00 02 01  02 00 00 00 00  03 00 00 01 00 00  04 00  05 00  "
				     "0a 00 05  09 00 00  06 00  01");

	EXPECT_EQ(to_hex(bytes), "000201020000000003000001000004000500"
				 "0a00050900000600"
				 "01");
	EXPECT_EQ(program_text(bytes), "make queue 0: 3 credits, level 0, BYPASS\n"
				       "make job 0 of queue 0: 1 credits, completed by a hardware "
				       "fence\n"
				       "add dependency to job 0: fence 0\n"
				       "arm: job 0\n"
				       "push: job 0\n"
				       "signal fence 0: -3\n"
				       "signal hardware fence: job 0, 0\n"
				       "put job: job 0\n"
				       "put queue: queue 0\n");
	EXPECT_EQ(run_program(bytes), "");
}

} // namespace
