import type { Built } from "../src/artifact/make.ts";

/** What a step notes of the micro-batches that its requests ended with. */
export interface Fitted {
  /** To be told of every micro-batch that is smaller than was asked. */
  readonly note: (size: number) => void;
  /** For the manifest: the smallest, or nothing where all were as asked. */
  readonly notes: () => Pick<Built, "notes">;
}

/** A device that is too small for a micro-batch goes on with a smaller one; what was made so says so. */
export function fittedBatches(): Fitted {
  let smallest: number | undefined;
  return {
    note(size) {
      smallest = Math.min(size, smallest ?? size);
    },
    notes: () => (smallest === undefined ? {} : { notes: { micro_batch: smallest } }),
  };
}
