import { count } from "./contract/table.ts";

export { count, plural } from "./contract/table.ts";

/** Milliseconds as a person says them: "8 s", "1 min 12 s", "2 h 5 min". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** A time that is only estimated: whole minutes above one, tens of seconds below. */
export function roughly(ms: number): string {
  if (ms >= 60_000) return `about ${duration(Math.round(ms / 60_000) * 60_000)}`;
  return `about ${Math.max(10, Math.round(ms / 10_000) * 10)} s`;
}

/** A count at a glance: exact below a million, "1.4 M" above. */
export function rounded(value: number): string {
  return value < 1e6 ? count(Math.round(value)) : `${(value / 1e6).toFixed(1)} M`;
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** Bytes as disks are sold: "1.9 TB", "240 GB", "512 bytes". */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
