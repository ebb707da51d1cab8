import type { Log } from "./logs.ts";

/** How TensorBoard knows an event file; the writers of others put a time and a host behind it. */
export const EVENT_FILE = "events.out.tfevents.0.snowball";

/**
 * A training's log as an event file of TensorBoard: a record per optimizer step, with all of its numbers. Its bytes are
 * made of the arguments alone, so that a log that is shown again is the same file.
 * @param at seconds since 1970, which every record has: a log knows steps and no times
 */
export function eventFile(points: Log["points"], at: number): Buffer {
  const version = event(at, 0, bytesField(3, Buffer.from("brain.Event:2")));
  const steps = points.map(({ step, ...numbers }) => {
    const values = Object.entries(numbers).map(([tag, value]) => bytesField(1, scalar(tag, value)));
    return event(at, step, bytesField(5, Buffer.concat(values)));
  });
  return Buffer.concat([version, ...steps].map(record));
}

/** An `Event` of tensorflow's event.proto: wall_time = 1, step = 2; file_version = 3 or summary = 5 behind them. */
function event(at: number, step: number, what: Buffer): Buffer {
  const time = Buffer.alloc(8);
  time.writeDoubleLE(at);
  // Left out where it is 0, as protocol buffers do.
  const place = step === 0 ? [] : [key(2, 0), varint(step)];
  return Buffer.concat([key(1, 1), time, ...place, what]);
}

/** A `Summary.Value` of summary.proto: tag = 1, simple_value = 2. */
function scalar(tag: string, value: number): Buffer {
  const number = Buffer.alloc(4);
  number.writeFloatLE(value);
  return Buffer.concat([bytesField(1, Buffer.from(tag)), key(2, 5), number]);
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([key(field, 2), varint(bytes.length), bytes]);
}

function key(field: number, type: number): Buffer {
  return varint(field * 8 + type);
}

/** A whole number as protocol buffers write it: seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A TFRecord: length, its checksum, data, its checksum. */
function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

/** CRC-32C, rotated and shifted as TFRecords want it, because a checksum of checksums would be weak. */
function checksum(data: Buffer): Buffer {
  const crc = crc32c(data);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

/** Castagnoli's polynomial, bits reversed; that of zlib is another. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

function crc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
