/** Estimates how long a run still takes, from the iterations that were watched from their beginning to their end. */
export function createPace() {
  let iteration: number | null = null;
  /** When the iteration under way began; null when it was under way already at the first look. */
  let began: number | null = null;
  const durations: number[] = [];
  return {
    observe(current: number, now: number): void {
      if (current === iteration) return;
      // The base policy's measurement is no iteration, and one of which only the end was seen says too little.
      if (iteration !== null && iteration >= 0 && began !== null) durations.push(now - began);
      began = iteration === null ? null : now;
      iteration = current;
    },
    /** Milliseconds to go; null before one whole iteration was watched. */
    remaining(iterations: number, now: number): number | null {
      if (durations.length === 0 || iteration === null || began === null) return null;
      const mean = durations.reduce((sum, each) => sum + each, 0) / durations.length;
      const current = Math.max(mean - (now - began), 0);
      return current + mean * (iterations - iteration - 1);
    },
  };
}
