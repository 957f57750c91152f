/* SPDX-License-Identifier: MIT */
#pragma once

/** @file SIM_ASAN is defined if this build has the address sanitizer, whichever compiler it is. */

#if defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ASAN
#endif
#endif
