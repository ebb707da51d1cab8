/** A bar of `width` characters; full only when everything is done, so that 99.9 % does not look finished. */
export function bar(done: number, total: number, width: number): string {
  const share = total > 0 ? Math.min(done / total, 1) : 0;
  const full = Math.floor(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
