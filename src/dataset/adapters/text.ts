import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { StepFailure } from "../../failure.ts";
import { unreadable } from "./unreadable.ts";

/** First bytes of what is often taken for a text file, and what it is. */
const NO_TEXT: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], "is packed (gzip); unpack it and name what comes out"],
  [[0x50, 0x4b, 0x03, 0x04], "is packed (zip); unpack it and name what comes out"],
  [[0x28, 0xb5, 0x2f, 0xfd], "is packed (zstd); unpack it and name what comes out"],
  [[0x42, 0x5a, 0x68], "is packed (bzip2); unpack it and name what comes out"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "is packed (xz); unpack it and name what comes out"],
  [[0x50, 0x41, 0x52, 0x31], "is a parquet file, where JSON is needed"],
  [[0xff, 0xfe], "is UTF-16 text; save it as UTF-8"],
  [[0xfe, 0xff], "is UTF-16 text; save it as UTF-8"],
];

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The text of a UTF-8 file, some thousand characters at a time, without a byte order mark.
 * @param file absolute path
 * @param name the file as the user wrote it, for messages
 * @throws {StepFailure} BadInput for no text, with the line and the byte; or the file cannot be read
 */
export async function* textOf(file: string, name: string): AsyncGenerator<string> {
  let held: Buffer = Buffer.alloc(0);
  let line = 1;
  let offset = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      let bytes = Buffer.concat([held, chunk as Buffer]);
      if (offset === 0) {
        refuseKnown(bytes, name);
        if (bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
          bytes = bytes.subarray(3);
          offset = 3;
        }
      }
      const whole = bytes.subarray(0, bytes.length - unfinished(bytes));
      held = bytes.subarray(whole.length);
      yield decode(whole, { name, line, offset });
      line += lineBreaks(whole);
      offset += whole.length;
    }
  } catch (cause) {
    throw unreadable(name, cause);
  }
  yield decode(held, { name, line, offset });
}

function refuseKnown(bytes: Buffer, name: string): void {
  const known = NO_TEXT.find(([start]) => start.every((byte, at) => bytes[at] === byte));
  if (known) throw new StepFailure("BadInput", `${name} ${known[1]}.`);
}

/** How many bytes at the end begin a character that the next read completes. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

interface Place {
  readonly name: string;
  readonly line: number;
  /** Bytes of the file before these. */
  readonly offset: number;
}

function decode(bytes: Buffer, { name, line, offset }: Place): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const at = firstInvalid(bytes);
  const which = `byte 0x${bytes[at]!.toString(16)}, number ${(offset + at + 1).toLocaleString("en-US")} of the file`;
  throw new StepFailure(
    "BadInput",
    `${name} is not UTF-8 text: line ${line + lineBreaks(bytes.subarray(0, at))} has a broken character (${which}); save it as UTF-8.`,
  );
}

/** By halves: what stands before the first invalid character is valid. */
function firstInvalid(bytes: Buffer): number {
  let valid = 0;
  let invalid = bytes.length;
  while (valid < invalid) {
    const middle = Math.ceil((valid + invalid) / 2);
    const part = bytes.subarray(0, middle);
    if (isUtf8(part.subarray(0, middle - unfinished(part)))) valid = middle;
    else invalid = middle - 1;
  }
  // The bytes of a character that is not completed are not to blame alone: its first one is.
  return valid - unfinished(bytes.subarray(0, valid));
}

function lineBreaks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}
