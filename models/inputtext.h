// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace plimsoll {

/// How the input of a tool is put before a person who must answer for it. Every character of it stands there:
/// nothing is decoded, left out or reordered, and what cannot be seen (control, bidi and zero-width
/// characters, spaces other than the space bar's, fillers) or takes the place of an ASCII character (letters
/// of other scripts beside one, hyphens that are none) stands as its number. Into JSON of one line, which is
/// what a driven agent sends, line breaks are set for reading, behind the commas between its fields and
/// behind each `\n` in its texts; as it holds none of its own, to take them out gives the input back. Any
/// other text keeps its lines. Pure, any thread; linear.
[[nodiscard]] QString inputForReading(const QString& input);

} // namespace plimsoll
