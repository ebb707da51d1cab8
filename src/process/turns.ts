/** One at a time, first come first served. Who gives up while waiting leaves the line without disturbing it. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for its turn; the function it returns passes the turn on. Throws the signal's reason. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const before = this.#last;
    const mine = Promise.withResolvers<void>();
    this.#last = mine.promise;
    const gaveUp = Promise.withResolvers<void>();
    const giveUp = (): void => gaveUp.resolve();
    signal.addEventListener("abort", giveUp);
    try {
      await Promise.race([before, gaveUp.promise]);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
    if (signal.aborted) {
      // Its place is passed on when its turn would have come.
      void before.then(mine.resolve);
      signal.throwIfAborted();
    }
    return mine.resolve;
  }
}
