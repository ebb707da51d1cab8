import type { Readable } from "node:stream";

export interface Line {
  readonly text: string;
  /** The stream ended within this line: its writer died, or has not written all. */
  readonly torn: boolean;
}

/**
 * The lines of a UTF-8 stream, broken at "\n" alone. Unlike Node's readline it tells a torn last line from a whole one,
 * and a line of many megabytes costs no more than its length.
 */
export async function* splitLines(stream: Readable): AsyncGenerator<Line> {
  // Decoding in the stream keeps a character whole that two reads cut in half.
  stream.setEncoding("utf8");
  let parts: string[] = [];
  for await (const chunk of stream) {
    const pieces = String(chunk).split("\n");
    for (const piece of pieces.slice(0, -1)) {
      yield { text: [...parts, piece].join(""), torn: false };
      parts = [];
    }
    const rest = pieces.at(-1);
    if (rest) parts.push(rest);
  }
  if (parts.length > 0) yield { text: parts.join(""), torn: true };
}
