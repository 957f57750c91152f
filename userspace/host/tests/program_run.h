/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Running a program of kernel/kunit/program.h on the core: after each operation the core
 * comes to rest, and has to look like the model.
 */

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace test
{

using Bytes = std::vector<unsigned char>;

/**
 * Runs a program in a world of its own.
 *
 * @flags: MODEL_BYPASS, MODEL_PUT_IRQ_SAFE: what is the other way around in each queue
 *
 * Returns nothing if all is as it should be. Else what is not, the program as text and as bytes,
 * and how to run it again.
 */
std::string run_program(std::span<const unsigned char> bytes, unsigned int flags = 0);

/** The operations as they mean something, one a line. */
std::string program_text(std::span<const unsigned char> bytes, unsigned int flags = 0);

/** Two digits a byte; and back, without what is no digit. */
std::string to_hex(std::span<const unsigned char> bytes);
Bytes from_hex(std::string_view text);

/** The programs of program_corpus.inc. */
std::vector<Bytes> corpus();

} // namespace test
