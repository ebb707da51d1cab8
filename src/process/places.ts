/** So many at a time, first come first served. Who gives up while waiting leaves the line without disturbing it. */
export class Places {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Works in a place of its own once there is one. Throws the signal's reason where it fires before that. */
  async in<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(signal);
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const mine = Promise.withResolvers<void>();
    const giveUp = (): void => {
      const at = this.#line.indexOf(mine.resolve);
      // Not in the line any more: the place was handed over in the same moment, and is given back by whoever works.
      if (at < 0) return;
      this.#line.splice(at, 1);
      mine.reject(signal.reason as Error);
    };
    this.#line.push(mine.resolve);
    signal.addEventListener("abort", giveUp);
    try {
      await mine.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }
}
