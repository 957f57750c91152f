/* SPDX-License-Identifier: MIT */
#pragma once

namespace tool
{

/** From now on SIGINT and SIGTERM are only remembered; what waits returns early. */
void catch_interrupts();

/** Whether one came. */
bool interrupted() noexcept;

} // namespace tool
