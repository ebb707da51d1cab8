/** A side may be so many times the other: the image processors of Qwen refuse more. */
export const MOST_ASPECT = 200;

/** Do models refuse an image for its shape? */
export function isTooLong(width: number, height: number): boolean {
  return Math.max(width, height) > MOST_ASPECT * Math.min(width, height);
}
